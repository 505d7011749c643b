# tltool in a container. For a GPU: docker build --build-arg EXTRAS=gpu -t tltool .   and run with --gpus all.
FROM python:3.13-slim

ARG EXTRAS=""
COPY . /tmp/tltool
RUN python -m pip install --no-cache-dir "/tmp/tltool${EXTRAS:+[$EXTRAS]}"

RUN useradd --create-home --uid 1000 tltool && install --directory --owner tltool /home/tltool/work
USER tltool
WORKDIR /home/tltool/work

ENTRYPOINT ["tltool"]
CMD ["--help"]
