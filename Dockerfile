# One image for every service of docker-compose.yml: Airflow and the hub from the same lock file.
FROM python:3.12-slim-bookworm

RUN useradd --create-home --uid 50000 satupintu \
    && mkdir -p /opt/satupintu /var/lib/satupintu /opt/airflow/logs \
    && chown satupintu:satupintu /opt/satupintu /var/lib/satupintu /opt/airflow /opt/airflow/logs
USER satupintu
WORKDIR /opt/satupintu
ENV PATH=/opt/satupintu/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/opt/airflow \
    SATUPINTU_HOME=/var/lib/satupintu

COPY --chown=satupintu requirements-tools.lock requirements.lock ./
RUN python -m venv .venv \
    && pip install --no-cache-dir --require-hashes -r requirements-tools.lock \
    && pip install --no-cache-dir --require-hashes -r requirements.lock

COPY --chown=satupintu pyproject.toml README.md LICENSE ./
COPY --chown=satupintu connectors connectors
COPY --chown=satupintu schemas schemas
COPY --chown=satupintu dedup dedup
COPY --chown=satupintu hub hub
COPY --chown=satupintu registries registries
COPY --chown=satupintu dags dags
RUN mkdir sandbox && pip install --no-cache-dir --no-deps --no-build-isolation --editable .

CMD ["satupintu", "--help"]
