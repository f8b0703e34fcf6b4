#!/bin/sh
# Train on a borrowed GPU machine, in sittings of under ten minutes. Untested on a GPU so far; tried with DEVICE=cpu.
#
# Such a machine has Python, torch, numpy, Pillow and safetensors, and no network. It runs this in a copy of the
# repository, keeps ignored folders (build/) while it is warm, and gives back the files under $OUT, of 16 MiB each.
#
#   here    reverie train data --out build/gpu/data     8 MiB, to be carried along
#   there   scripts/gpu_train.sh clip 8                 begin, or go on, for 8 minutes; weights and log to $OUT
#           scripts/gpu_train.sh vqgan 8 mini           the last word is the guide, 'mini' or a clip.safetensors;
#                                                       sketch, codes, judge, biggan and progan likewise
#           scripts/gpu_train.sh save clip 0            parts 0 to 2 of the checkpoint to $OUT; then save clip 3, ...
#           scripts/gpu_train.sh load clip              add the parts that lie in build/gpu/parts; once they are all
#                                                       there, the next sitting goes on (before that it is refused)
# STEPS, BATCH and RATE in the environment replace the defaults, and must be the same in every sitting.
set -eu
home=build/gpu out=${OUT:-build/gpu/out}
mkdir -p "$out"

case ${1:-} in
clip | vqgan | sketch | codes | judge | biggan | progan)
    OMP_NUM_THREADS=1 PYTHONPATH=src python3 - "$home" "$@" <<'PYTHON'
import os
import sys
from pathlib import Path

from reverie.train import commands, settings

home, kind, minutes, *guide = sys.argv[1:]
kinds = {"steps": int, "batch": int, "rate": float}
asked = {name: make(os.environ[name.upper()]) for name, make in kinds.items() if name.upper() in os.environ}
pace = getattr(settings, f"{kind.capitalize()}Pace")(**asked)
sitting = settings.Sitting(
    data=Path(home, "data"), out=Path(home, kind), minutes=float(minutes), threads=1,
    workers=max(1, (os.cpu_count() or 2) - 2), device=os.environ.get("DEVICE", "cuda"),
)
reader = guide[0] if guide else None
if kind == "clip":
    commands.clip(pace, settings.Robust(), sitting)
elif kind == "codes":
    commands.codes(pace, (reader or "mini", "mini"), sitting)
elif kind == "judge":
    commands.judge(pace, sitting)
else:
    getattr(commands, kind)(pace, reader or (None if kind in ("vqgan", "sketch") else "mini"), sitting)
PYTHON
    cp "$home/$1/$1.safetensors" "$out"
    test ! -e "$home/$1/log.jsonl" || cp "$home/$1/log.jsonl" "$out"
    ;;
save)
    rm -rf "$home/$2/split" && mkdir "$home/$2/split"
    split -b 15m -d "$home/$2/last.pt" "$home/$2/split/part."
    for number in "$3" $(($3 + 1)) $(($3 + 2)); do
        part=$home/$2/split/part.$(printf %02d "$number")
        test ! -e "$part" || cp "$part" "$out"
    done
    ls "$home/$2/split"
    ;;
load)
    mkdir -p "$home/$2/joined"
    cp "$home"/parts/part.* "$home/$2/joined"
    cat "$home/$2"/joined/part.* >"$home/$2/last.pt"
    ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
