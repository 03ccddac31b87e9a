# i2i serve in a container:
#   docker build -t i2i .
#   docker run -p 127.0.0.1:8000:8000 -v "$PWD/runs/facades:/bundles/facades:ro" i2i /bundles/facades
# TORCH_INDEX: PyTorch's package index of builds for CPUs makes an image some 4 GB smaller; without it a GPU serves too.

FROM python:3.13-slim AS build
ARG TORCH_INDEX=
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends npm && rm -rf /var/lib/apt/lists/*
ENV PATH=/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_EXTRA_INDEX_URL=$TORCH_INDEX
WORKDIR /src
COPY constraints.txt ./
RUN python -m venv /venv && pip install -c constraints.txt torch
COPY . ./
RUN pip install -c constraints.txt ".[serve,export,dicom,nifti]"

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 i2i
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
WORKDIR /home/i2i
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
ENTRYPOINT ["i2i", "serve", "--host", "0.0.0.0", "--log", "json"]
