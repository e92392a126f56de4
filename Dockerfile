# The dashboard in a container, as a user who is not root:
#   docker build --tag eigenscope .
#   docker run --publish 8501:8501 eigenscope
FROM python:3.11-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --quiet --no-deps --wheel-dir /wheel .

FROM python:3.11-slim
# What a slim image lacks: RDKit's drawings are linked against X11, tblite against OpenMP.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libexpat1 libgomp1 libxext6 libxrender1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 eigenscope
COPY constraints.txt /tmp/constraints.txt
RUN --mount=type=bind,from=build,source=/wheel,target=/wheel \
    pip install --quiet --no-cache-dir --constraint /tmp/constraints.txt torch /wheel/*.whl
USER eigenscope
WORKDIR /home/eigenscope
ENV PYTHONUNBUFFERED=1
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8501/_stcore/health', timeout=4)"]
CMD ["eigenscope", "dashboard", "--address", "0.0.0.0"]
