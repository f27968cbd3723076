#!/usr/bin/env bash
# Measures the peers that are installed, one run at a time, and prints TSV:
#   workload  peer  threads  us_per_step  samples_per_s  peak_rss_mib
# usage: run.sh build [FOLDERS] | train [PEER_REGEX [WORKLOAD_REGEX]] | gemm | layers [PART_OF_A_NAME] | cold
# Environment: PEERS_VENV, CARGO_TARGET_DIR, PEERS_RUSTFLAGS (default
# -C target-cpu=native; "none" for the compiler's default), PEERS_CPU (core for
# 1-thread runs), PEERS_THREADS (default "1 2"), PEERS_ROUNDS (how often each
# is run, in turns; default 1), PEERS_QUANTILE (which of the timed parts is
# told; default 0.5, the median; 0.1 on a busy machine). What goes wrong is on stderr.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tmp=${TMPDIR:-/tmp}
venv=${PEERS_VENV:-$tmp/peers-venv}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$tmp/peers-target}
flags=${PEERS_RUSTFLAGS:--C target-cpu=native}
kind=native
if [ "$flags" = none ]; then flags=""; kind=default; fi
bin=$CARGO_TARGET_DIR/$kind/release
cpu=${PEERS_CPU:-0}
threads=${PEERS_THREADS:-1 2}
export PYTHONDONTWRITEBYTECODE=1
peers="downhill floor-gemm floor-mm floor-rows candle dfdx burn-flex burn-ndarray burn-cubecl torch-eager torch-fusedopt \
torch-compile jax-step jax-scan sklearn onnxruntime tract"
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

build() {
  local d
  for d in ${1:-gemm rust/floor rust/dfdx rust/candle rust/burn rust/tract}; do
    (cd "$here/$d" && RUSTFLAGS="$flags" CARGO_TARGET_DIR="$CARGO_TARGET_DIR/$kind" cargo build --release -q) ||
      echo "build failed: $d" >&2
  done
  # Ours always as a user builds it.
  (cd "$here/rust/downhill" && CARGO_TARGET_DIR="$CARGO_TARGET_DIR/default" cargo build --release -q) ||
    echo "build failed: rust/downhill" >&2
}

# run THREADS COMMAND...: one thread is held to one core, whatever the peer starts
run() {
  local t=$1 pin=""
  shift
  [ "$t" = 1 ] && pin="taskset -c $cpu"
  OMP_NUM_THREADS=$t OPENBLAS_NUM_THREADS=$t MKL_NUM_THREADS=$t RAYON_NUM_THREADS=$t CANDLE_NUM_THREADS=$t \
    timeout "${PEERS_LIMIT:-400}" $pin "$@" || echo "failed ($?): $*" >&2
}

# All peers of a cell take turns before the next cell begins: what disturbs the machine disturbs them alike.
train() {
  local want_peer=${1:-.} want_w=${2:-.} w t p
  for w in W1 W2 W3 W4 W5 W6b1 W6b256 W7; do
    echo "$w" | grep -qE "$want_w" || continue
    for t in $threads; do
      for p in $(for _ in $(seq "${PEERS_ROUNDS:-1}"); do echo "$peers"; done); do
        echo "$p" | grep -qE "$want_peer" || continue
        case $p:$w in
        floor-*:W7 | candle:W7 | dfdx:W5 | dfdx:W7 | sklearn:W5 | sklearn:W7) continue ;;
        onnxruntime:W[1-5] | tract:W[1-5] | onnxruntime:W7 | tract:W7) continue ;;
        jax-scan:W6* | torch-fusedopt:W6* | floor-rows:W[56]*) continue ;;
        esac
        case $p in
        torch-*) [ -x "$venv/bin/python" ] && run "$t" "$venv/bin/python" "$here/torch_bench.py" $w "$t" "${p#*-}" ;;
        jax-*) [ -x "$venv/bin/python" ] && run "$t" "$venv/bin/python" "$here/jax_bench.py" $w "$t" "${p#*-}" ;;
        sklearn) [ -x "$venv/bin/python" ] && run "$t" "$venv/bin/python" "$here/sklearn_bench.py" $w "$t" ;;
        onnxruntime) [ -x "$venv/bin/python" ] && run "$t" "$venv/bin/python" "$here/ort_bench.py" $w "$t" ;;
        tract)
          [ -x "$bin/peer-tract" ] && [ -x "$venv/bin/python" ] || continue
          "$venv/bin/python" "$here/ort_bench.py" --write $w "$tmp/peer-$w.onnx" &&
            run "$t" "$bin/peer-tract" $w "$t" "$tmp/peer-$w.onnx"
          ;;
        downhill) [ -x "$CARGO_TARGET_DIR/default/release/peer-downhill" ] &&
          run "$t" "$CARGO_TARGET_DIR/default/release/peer-downhill" $w "$t" ;;
        candle | dfdx) [ -x "$bin/peer-$p" ] && run "$t" "$bin/peer-$p" $w "$t" ;;
        *) [ -x "$bin/peer-${p%%-*}" ] && run "$t" "$bin/peer-${p%%-*}" $w "$t" "${p#*-}" ;;
        esac
      done
    done
  done
}

gemm() {
  local t pk out
  for t in $(for _ in $(seq "${PEERS_ROUNDS:-1}"); do echo "$threads"; done); do
    out=$(run "$t" "$bin/peer-gemm" "$t")
    echo "$out"
    pk=$(echo "$out" | awk '$2 == "peak" { print $6 }')
    run "$t" "$CARGO_TARGET_DIR/default/release/peer-downhill-gemm" "$t" "$pk"
    for l in numpy torch; do
      [ -x "$venv/bin/python" ] && run "$t" "$venv/bin/python" "$here/gemm_py.py" "$t" "$pk" $l
    done
  done
}

# Single layers, beside PyTorch's: layer, name, predict or train, library, threads, µs.
layers() {
  local t
  for t in $(for _ in $(seq "${PEERS_ROUNDS:-1}"); do echo "$threads"; done); do
    run "$t" "$CARGO_TARGET_DIR/default/release/peer-downhill-layers" "$t" "$@"
    [ -x "$venv/bin/python" ] && run "$t" "$venv/bin/python" "$here/layers_py.py" "$t" "$@"
  done
}

# cold NAME DIR CARGO_ARGS...: wall time from an empty target, crates, stripped size
cold1() {
  local name=$1 dir=$here/rust/$2 out=$CARGO_TARGET_DIR/cold a b n
  shift 2
  rm -rf "$out"
  (cd "$dir" && cargo fetch -q)
  a=$(date +%s%N)
  (cd "$dir" && CARGO_TARGET_DIR=$out cargo build --release -q --offline "$@") || { echo "cold $name failed" >&2; return; }
  b=$(date +%s%N)
  n=$(cd "$dir" && cargo tree -e normal,build --prefix none --offline "$@" | sed 's/ (\*)//' | sort -u | wc -l)
  printf 'cold\t%s\t%s s\t%s crates\t%s bytes\n' "$name" $(((b - a) / 1000000000)) "$n" "$(stat -c %s "$out/release/$(basename "$dir")")"
}

cold() {
  cold1 downhill hello-downhill
  cold1 dfdx hello-dfdx
  cold1 candle hello-candle
  cold1 burn-ndarray hello-burn
  cold1 burn-flex hello-burn --no-default-features --features flex
}

cmd=${1:-train}
[ $# -gt 0 ] && shift
case $cmd in
build | train | gemm | layers | cold) "$cmd" "$@" ;;
*) sed -n 2,10p "$0"; exit 2 ;;
esac
