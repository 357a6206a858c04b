# shellcheck shell=bash
# What ./run and ./test share: progress lines, what a machine needs, and the release build.
# Sourced with the working directory at the top of the repository.

readonly CARGO_LEPTOS_VERSION=0.3.10
# Debian's binaryen is too old: it breaks what today's compiler makes.
readonly BINARYEN_VERSION=132.0.0
readonly BINARYEN_RELEASE=${BINARYEN_VERSION%%.*}
readonly NODE_MAJOR_MIN=20

# Tools lie outside the repository, one folder per version, so that every checkout shares them.
readonly TOOLS=${XDG_CACHE_HOME:-$HOME/.cache}/whilst/tools
readonly LOGS=target/logs
readonly SITE=target/site
readonly STAMP=target/release/whilst.stamp

# One native target folder, one for WASM (cargo-leptos' own choice), whatever the machine is set to.
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_ENCODED_RUSTFLAGS RUSTFLAGS
# Leptos reads it while it compiles: the same everywhere, or each tool builds it again.
export LEPTOS_OUTPUT_NAME=whilst

trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# --- Progress ---------------------------------------------------------------

say() { printf '%s\n' "$*"; }

die() {
  say "$*" >&2
  exit 1
}

# step TITLE COMMAND…: one line when it begins, a sign of life every half minute, one line with
# its seconds when it ends; the command's own words go to a log that is shown if it fails.
# Functions given to it chain their commands with &&: "set -e" does not reach inside.
step() {
  local title=$1 started=$SECONDS status=0 log beat
  shift
  log=$(log_of "$title")
  mkdir -p "$LOGS"
  : >"$log"
  say "$title …"
  heartbeat "$log" &
  beat=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$beat" 2>/dev/null || true
  wait "$beat" 2>/dev/null || true
  if ((status == 0)); then
    say "$title: $((SECONDS - started)) s"
  else
    tail -n 200 "$log" >&2
    say "$title: FAILED after $((SECONDS - started)) s (all of it: $log)"
  fi
  return "$status"
}

have() {
  local command
  for command; do command -v "$command" >/dev/null || return 1; done
}

log_of() { printf '%s/%s.log' "$LOGS" "$(tr -cs 'a-z0-9.' '-' <<<"${1,,}" | sed 's/-*$//')"; }

heartbeat() {
  local log=$1 started=$SECONDS
  # The sleep must not hold our output open after we are gone.
  while sleep 30 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
    say "  $((SECONDS - started)) s  $(tail -n 1 "$log" | cut -c 1-100)"
  done
}

# --- What a machine needs ---------------------------------------------------

# Everything that builds need; says nothing but one line if it is all there.
ensure_build_tools() {
  local started=$SECONDS wasm_bindgen
  export PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
  ensure_compiler
  ensure_rust
  ensure_node
  wasm_bindgen=$(locked_version wasm-bindgen)
  ensure_tool wasm-bindgen "$wasm_bindgen" "$TOOLS/wasm-bindgen-$wasm_bindgen/bin" install_wasm_bindgen "$wasm_bindgen"
  ensure_tool wasm-opt "$BINARYEN_RELEASE" "$TOOLS/binaryen-$BINARYEN_VERSION/node_modules/.bin" install_binaryen
  ensure_tool cargo-leptos "$CARGO_LEPTOS_VERSION" "$TOOLS/cargo-leptos-$CARGO_LEPTOS_VERSION/bin" install_cargo_leptos
  say "Tools: cargo-leptos $CARGO_LEPTOS_VERSION, wasm-bindgen $wasm_bindgen, wasm-opt $BINARYEN_RELEASE: $((SECONDS - started)) s"
}

# SQLite and parts of cargo-leptos are C; OpenSSL's build, inside cargo-leptos, is Perl and make.
ensure_compiler() {
  have cc make perl pkg-config || apt_install build-essential perl pkg-config
}

ensure_rust() {
  local channel
  have rustup cargo || die "Rust is missing: install rustup (https://rustup.rs), then start again."
  channel=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
  has_toolchain "$channel" || step "Rust $channel with clippy, rustfmt and the WASM target" \
    rustup toolchain install "$channel" --profile minimal \
    --component clippy --component rustfmt --target wasm32-unknown-unknown
}

has_toolchain() {
  local installed
  rustup toolchain list | grep -q "^$1" || return 1
  installed=$(rustup component list --toolchain "$1" --installed)
  [[ $installed == *clippy* && $installed == *rustfmt* && $installed == *rust-std-wasm32-unknown-unknown* ]]
}

ensure_node() {
  local major
  major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/') || true
  ((${major:-0} >= NODE_MAJOR_MIN)) || die "Node $NODE_MAJOR_MIN or newer is needed; found: ${major:-none}."
  have npm || die "npm is missing: install it beside Node, then start again."
}

# ensure_tool COMMAND VERSION FOLDER INSTALL…: taken from PATH if it is exactly this version,
# else from the folder, else installed there. cargo-leptos uses whatever it finds unchecked.
ensure_tool() {
  local command=$1 version=$2 folder=$3
  shift 3
  is_version "$command" "$version" && return
  export PATH=$folder:$PATH
  is_version "$command" "$version" && return
  step "$command $version" "$@" || exit 1
  is_version "$command" "$version" || die "$command $version was installed in $folder, but does not run."
}

is_version() {
  local said
  said=$("$1" --version 2>/dev/null) || return 1
  [[ " ${said%%$'\n'*} " == *" $2 "* ]]
}

locked_version() { sed -n "/^name = \"$1\"\$/{n;s/^version = \"\(.*\)\"/\1/p}" Cargo.lock; }

# With its own lock file where the registry has all of it, else with what the registry has.
install_wasm_bindgen() {
  local arguments=(wasm-bindgen-cli --version "=$1" --root "$TOOLS/wasm-bindgen-$1")
  cargo install --locked "${arguments[@]}" || cargo install "${arguments[@]}"
}

install_binaryen() {
  npm install --no-audit --no-fund --no-save --prefix "$TOOLS/binaryen-$BINARYEN_VERSION" "binaryen@$BINARYEN_VERSION"
}

# Hardly optimised: it only starts other programs, and its build is the longest wait on a new machine.
install_cargo_leptos() {
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
    cargo install cargo-leptos --version "=$CARGO_LEPTOS_VERSION" --locked --features no_downloads \
    --root "$TOOLS/cargo-leptos-$CARGO_LEPTOS_VERSION"
}

# apt_install PACKAGE…: as root, or by sudo, or says what is to be installed.
apt_install() {
  local root=()
  have apt-get || die "Please install what these Debian packages hold: $*"
  if ((EUID != 0)); then
    have sudo || die "Please run as root: apt-get install $*"
    [[ -t 0 ]] || sudo -n true 2>/dev/null || die "Please run: sudo apt-get install $*"
    sudo -v
    root=(sudo)
  fi
  step "Debian packages: $*" apt_update_and_install "$@" || exit 1
}

# Reads "root" of its caller.
apt_update_and_install() {
  "${root[@]}" apt-get update &&
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# --- The release build ------------------------------------------------------

# build_release [FLAG…]: nothing if the sources are those of the last build and its files are all
# there. The flags go to cargo-leptos. Front first, then server: two at once are slower on two cores.
build_release() {
  local sources
  sources=$(sources_hash)
  if is_built "$sources"; then
    say "Release build: nothing changed."
    return
  fi
  rm -f "$STAMP"
  step "Release build, browser" cargo leptos build --release --precompress --frontend-only "$@" &&
    step "Release build, server" cargo leptos build --release --server-only "$@" &&
    printf '%s\n' "$sources" >"$STAMP"
}

# Cargo itself is quick when nothing changed; wasm-bindgen, wasm-opt and compression are not.
sources_hash() {
  local kept=() path
  for path in Cargo.toml Cargo.lock rust-toolchain.toml .cargo src style public migrations; do
    [[ -e $path ]] && kept+=("$path")
  done
  {
    say "$CARGO_LEPTOS_VERSION $BINARYEN_VERSION"
    find "${kept[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  } | sha256sum | cut -d ' ' -f 1
}

# The debug build writes to the same site folder, so look for the files themselves too.
is_built() {
  local kind hash
  [[ -x target/release/whilst && -f target/release/hash.txt && -f $STAMP && $(<"$STAMP") == "$1" ]] || return 1
  while read -r kind hash; do
    [[ -f $SITE/pkg/whilst.$hash.${kind%:} ]] || return 1
  done <target/release/hash.txt
}
