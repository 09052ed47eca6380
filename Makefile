# Everything goes through tools/run.py; PORT, ARGS and VENV may be given: make run PORT=8010
PYTHON ?= $(firstword $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo $$p; done))
export PORT ARGS VENV SIZES ROUND_SECONDS PAGES

.DEFAULT_GOAL := help
.PHONY: help run test checks lint unit faults bench scale pictures lock demo-passwords clean

help run test checks lint unit faults bench scale pictures lock demo-passwords clean:
	@if [ -z "$(PYTHON)" ]; then echo "Es fehlt Python 3.11 bis 3.14 (Debian: apt-get install python3 python3-venv)." >&2; exit 1; fi
	@exec "$(PYTHON)" tools/run.py $@
