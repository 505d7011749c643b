# tltool in a container. For a GPU: docker build --build-arg EXTRAS=gpu -t tltool .   and run with --gpus all.
FROM python:3.13-slim

ARG EXTRAS=""
WORKDIR /opt/tltool
COPY . .
RUN python -m pip install --no-cache-dir ".${EXTRAS:+[$EXTRAS]}" && rm -rf /opt/tltool/*

RUN useradd --create-home --uid 1000 tltool && mkdir /photos /work && chown tltool /work
USER tltool
ENV KERAS_HOME=/home/tltool/.keras
WORKDIR /work

ENTRYPOINT ["tltool"]
CMD ["--help"]
