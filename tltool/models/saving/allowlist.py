"""What a ``.keras`` file may name: the layers, operations and values from which Keras may rebuild a model. Data, to be reviewed.

None of these runs code, reads files or opens connections on behalf of its arguments while a model is built, called or saved.
A name that is missing is refused, so a newer Keras adds no way in; ``REFUSED_LAYERS`` says why for those left out on purpose.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LAYERS = _words("""
    InputLayer Identity Masking Dense EinsumDense Embedding
    Activation ActivityRegularization ELU LeakyReLU PReLU ReLU Softmax
    Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose
    DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D
    AveragePooling1D AveragePooling2D AveragePooling3D MaxPooling1D MaxPooling2D MaxPooling3D
    AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
    AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    BatchNormalization GroupNormalization LayerNormalization RMSNormalization SpectralNormalization UnitNormalization
    Add Average Concatenate Dot Maximum Minimum Multiply Subtract
    Cropping1D Cropping2D Cropping3D Flatten Permute RepeatVector Reshape
    UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    AlphaDropout Dropout GaussianDropout GaussianNoise SpatialDropout1D SpatialDropout2D SpatialDropout3D
    AdditiveAttention Attention GroupQueryAttention MultiHeadAttention
    CenterCrop Normalization Rescaling Resizing
""")

REFUSED_LAYERS = {
    "Lambda": "runs Python code kept in the file",
    "TFSMLayer": "runs a TensorFlow graph from any folder",
    "TorchModuleWrapper": "unpickles a PyTorch module, which runs code",
    "JaxLayer": "calls a Python function named in the file",
    "FlaxLayer": "calls a Python module named in the file",
    "StringLookup": "reads a vocabulary from any path or address",
    "IntegerLookup": "reads a vocabulary from any path or address",
    "TextVectorization": "reads a vocabulary from any path or address",
    "Layer": "is a base class and computes nothing",
    "Wrapper": "is a base class and computes nothing",
    "InputSpec": "is no layer",
    **dict.fromkeys(
        _words("add average concatenate deserialize dot maximum minimum multiply serialize subtract Input"), "is a function, not a layer"
    ),
    **dict.fromkeys(
        _words("""
        Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D GRU GRUCell LSTM LSTMCell RNN SimpleRNN SimpleRNNCell
        StackedRNNCells TimeDistributed CategoryEncoding Discretization HashedCrossing Hashing MaxNumBoundingBoxes
        MelSpectrogram STFTSpectrogram ReversibleEmbedding
    """),
        "has no place in a classifier of photos",
    ),
    **dict.fromkeys(
        _words("""
        AugMix AutoContrast ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization MixUp Pipeline RandAugment
        RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop RandomElasticTransform
        RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective
        RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom
        Solarization
    """),
        "changes photos for training and has no place in a finished model",
    ),
}

OPERATIONS = {
    "numpy": """
        Abs Absolute Add Amax Amin Arctan Argmax Argmin Average BroadcastTo Ceil Clip Concatenate Copy Cos Cumsum Divide
        DivideNoNan Einsum Equal Exp ExpandDims Expm1 Flip Floor FloorDivide GetItem Greater GreaterEqual Less LessEqual
        Log Log10 Log1p Log2 LogicalAnd LogicalNot LogicalOr Logaddexp Matmul Max Maximum Mean Min Minimum Mod Moveaxis
        Multiply NanToNum Negative NotEqual OnesLike Pad Power Prod Ravel Reciprocal Repeat Reshape Roll Round Sign Sin
        Sort Split Sqrt Square Squeeze Stack Std Subtract Sum Swapaxes Take TakeAlongAxis Tan Tanh Tile Transpose
        TrueDivide Trunc Var Where ZerosLike
    """,
    "nn": """
        AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm Celu Conv ConvTranspose DepthToSpace DepthwiseConv
        DotProductAttention Elu Gelu Glu HardShrink HardSigmoid HardSilu HardTanh LayerNorm LeakyRelu LogSigmoid
        LogSoftmax MaxPool Moments Normalize OneHot RMSNorm Relu Relu6 Selu SeparableConv Sigmoid Silu SoftShrink Softmax
        Softplus Softsign SpaceToDepth Sparsemax Squareplus TanhShrink Threshold
    """,
    "core": "Cast ConvertToTensor SaturateCast Slice StopGradient Unstack",
    "math": "Erf Logsumexp Rsqrt TopK",
    "image": "CropImages ExtractPatches PadImages Resize RGBToGrayscale",
    "linalg": "Norm",
}

OBJECTS: dict[str, frozenset[str]] = {  # module → the classes it may be asked for
    "keras": frozenset({"DTypePolicy", "Sequential"}),
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.layers": LAYERS,
    # private layers of keras.applications
    "keras.src.applications.convnext": frozenset({"LayerScale"}),
    "keras.src.applications.inception_resnet_v2": frozenset({"CustomScaleLayer"}),
    "keras.initializers": _words("""
        Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones Orthogonal RandomNormal
        RandomUniform TruncatedNormal VarianceScaling Zeros
    """),
    "keras.regularizers": frozenset({"L1", "L1L2", "L2", "OrthogonalRegularizer"}),
    "keras.constraints": frozenset({"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"}),
    **{f"keras.src.ops.{module}": _words(names) for module, names in OPERATIONS.items()},
}

MODELS = {("keras", "Sequential"), ("keras.src.models.functional", "Functional")}  # what a file as a whole may be

HUB_LAYER = "tltool.models.hub.layer"  # whoever imports it puts the layer of hub modules into Keras's registry
HUB_NAME = "tltool>HubModule"  # there
HUB_MODULES = tuple(
    (module, "HubModule", HUB_NAME) for module in (HUB_LAYER, HUB_LAYER.rpartition(".")[0])
)  # the second in files of version 0.1.0

VALUES = {  # class_name of a value that is no object → the keys of its config
    "__keras_tensor__": {"shape", "dtype", "keras_history"},
    "__tensor__": {"value", "dtype"},
    "__numpy__": {"value", "dtype"},
    "__slice__": {"start", "stop", "step"},
    "__ellipsis__": set(),
}

DTYPES = _words("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64")

ACTIVATIONS = _words("""
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid
    sparsemax squareplus swish tanh tanh_shrink threshold
""")
