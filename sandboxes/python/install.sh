# Installs the project in /workspace, editable, with what its tests need, into /opt/venv. Runs once, while the image is built.
#
# /reasoncli/plan holds what the host found out (see recipe.py): `arguments` (what pip gets in one go), `steps` (the same,
# piece by piece, for when that fails), `dependencies` (of the project itself), `roots` (import roots), `environment`.
# A line that begins with `reasoncli: ` is a warning for the user; nothing falls back in silence.
set -eu
umask 022
plan=/reasoncli/plan
warnings=/opt/venv/reasoncli-warnings

# What only this step may know (index credentials, pip's configuration) came in FTP_PROXY, in base64; it is unpacked
# to memory, never to a layer.
secret=/dev/shm/reasoncli
mkdir -p "$secret"
bundle=${FTP_PROXY:-}
unset FTP_PROXY ftp_proxy
if [ -n "$bundle" ]; then
  printf %s "$bundle" | base64 -d | tar -xf - -C "$secret"
fi
unset bundle
export HOME="$secret" PIP_CONFIG_FILE="$secret/pip.conf"
[ -e "$PIP_CONFIG_FILE" ] || export PIP_CONFIG_FILE=/dev/null
if [ -e /reasoncli/ca.pem ]; then
  export SSL_CERT_FILE=/reasoncli/ca.pem REQUESTS_CA_BUNDLE=/reasoncli/ca.pem PIP_CERT=/reasoncli/ca.pem \
    CURL_CA_BUNDLE=/reasoncli/ca.pem NODE_EXTRA_CA_CERTS=/reasoncli/ca.pem
fi
export PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1 PYTHONDONTWRITEBYTECODE=1
. "$plan/environment"

python=$(command -v python3 || command -v python)
"$python" -m venv /opt/venv || "$python" -m virtualenv /opt/venv
export VIRTUAL_ENV=/opt/venv PATH="/opt/venv/bin:$PATH"
: > "$warnings"
# A base that ships pip wheels of its own Python's age is good enough, but PEP 660 needs 21.3 or later.
python -m pip install --quiet 'pip>=21.3' || true

warn() {
  echo "reasoncli: $*"
  echo "$*" >> "$warnings"
}

install() {
  xargs -0 python -m pip install < "$1"
}

cd /workspace
if [ -s "$plan/arguments" ] && ! install "$plan/arguments"; then
  warn "the project and its test dependencies can't be installed together; installing them one by one"
  if [ -s "$plan/project" ] && ! install "$plan/project"; then
    warn "the project can't be installed editable; its declared dependencies are installed and its folders put on the path"
    if [ -s "$plan/dependencies" ] && ! install "$plan/dependencies"; then
      echo "reasoncli: the project's dependencies can't be installed" >&2
      exit 1
    fi
    site=$(python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
    cp "$plan/roots" "$site/reasoncli-project.pth"
  fi
  for step in "$plan"/steps/*; do
    [ -e "$step" ] || continue
    install "$step" || warn "test dependencies left out: $(tr '\0' ' ' < "$step")"
  done
elif [ ! -s "$plan/project" ]; then
  site=$(python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  cp "$plan/roots" "$site/reasoncli-project.pth"
fi

for tool in pytest coverage; do
  python -c "import $tool" 2> /dev/null || python -m pip install "$tool" || warn "$tool can't be installed"
done

python /reasoncli/collect.py /workspace "$plan/files" /generated
rm -rf "$secret"
