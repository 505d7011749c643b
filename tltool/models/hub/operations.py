"""What a hub module may compute with: the TensorFlow operations that networks for photos consist of. Data, to be reviewed.

None of these touches a file, a socket, a process, another module or Python, whatever its arguments and attributes are, and none repeats
itself: without loops every call ends. A name that is missing is refused, so a newer TensorFlow adds no way in.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPERATIONS = _words("""
    Const Placeholder PlaceholderWithDefault Identity IdentityN NoOp StopGradient Assert
    PartitionedCall StatefulPartitionedCall If StatelessIf
    ReadVariableOp AssignVariableOp AssignAddVariableOp AssignSubVariableOp ResourceGather

    Conv2D DepthwiseConv2dNative MaxPool AvgPool BiasAdd LRN
    FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum
    Relu Relu6 LeakyRelu Elu Selu Sigmoid Tanh Softplus Softsign Softmax LogSoftmax

    Add AddV2 AddN Sub Mul Div RealDiv DivNoNan FloorDiv FloorMod Neg Abs Sign Reciprocal
    Square SquaredDifference Sqrt Rsqrt Pow Exp Log Log1p Erf Erfc Sin Cos Tan
    Maximum Minimum ClipByValue Floor Ceil Round Cast
    Equal NotEqual Less LessEqual Greater GreaterEqual LogicalAnd LogicalOr LogicalNot Select SelectV2
    Sum Mean Prod Max Min All Any ArgMax

    Shape ShapeN Size Reshape Squeeze ExpandDims Transpose Pack Unpack ConcatV2 Split SplitV Slice StridedSlice EnsureShape
    Pad PadV2 MirrorPad Tile BroadcastTo Fill ZerosLike Range OneHot GatherV2 GatherNd ReverseV2 Roll MatrixDiagV3
    SpaceToBatchND BatchToSpaceND SpaceToDepth DepthToSpace ExtractImagePatches

    ResizeBilinear ResizeNearestNeighbor ResizeBicubic ResizeArea ScaleAndTranslate ImageProjectiveTransformV3
    AdjustContrastv2 AdjustHue AdjustSaturation RGBToHSV HSVToRGB

    RandomUniform RandomStandardNormal TruncatedNormal RngReadAndSkip
    StatelessRandomGetKeyCounter StatelessRandomGetAlg StatelessRandomUniformV2 StatelessRandomUniformIntV2 StatelessRandomNormalV2
""")

# Every SavedModel holds functions of its own that save and restore it. TensorFlow reads them with the rest and never runs them.
SAVING = _words("""
    SaveV2 RestoreV2 MergeV2Checkpoints ShardedFilename StringJoin StaticRegexFullMatch DisableCopyOnRead
""")

REFUSED = {  # why, for those that an honest module may hold
    "XlaCallModule": "holds a program in another language, as exports from JAX do",
    "While": "may never end",
    "StatelessWhile": "may never end",
    "ImmutableConst": "reads a file",
    "ReadFile": "reads a file",
    "WriteFile": "writes a file",
    "PyFunc": "runs Python",
    "EagerPyFunc": "runs Python",
    "PyFuncStateless": "runs Python",
    "HashTableV2": "holds a vocabulary",
}

OBJECTS = _words("user_object function bare_concrete_function variable constant captured_tensor")  # no assets, no resources

CONSTANTS = _words("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 string")  # their types

LARGEST = 1 << 28  # numbers in one tensor for one photo; the first layer of a network for photos of 1024 pixels makes a quarter of that
