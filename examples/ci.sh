#!/usr/bin/env bash
# A line for a CI job: it fails where the checkpoint, or the class that loads it, does not fit the need.
# As it stands it prints "A valid choice (unified-vlp is recommended)." and exits 0. Two arguments try another
# choice: `examples/ci.sh openai/clip-vit-base-patch32 CLIPModel` says why not and exits 1.
set -euo pipefail

advisor check \
  --checkpoint "${1:-Salesforce/blip-image-captioning-base}" \
  --class "${2:-BlipForConditionalGeneration}" \
  --task captioning
