# The verb `image` of every service: one image for all of $(PLATFORMS), with its SBOM and its provenance, its files
# as old as the commit (needs Docker with buildx). PUSH=true pushes it; IMAGE names it.

SERVICE := $(notdir $(CURDIR))
VERSION ?= 0.1.0
IMAGE ?= llm-marketplace/$(SERVICE):$(VERSION)
PLATFORMS ?= linux/amd64,linux/arm64
PUSH ?= false
REVISION ?= $(shell git rev-parse HEAD)
# BuildKit gives it to every file and to the image.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct)

.PHONY: image
image: ## the container image for $(PLATFORMS) (needs Docker with buildx)
	docker buildx build --platform $(PLATFORMS) --provenance=mode=max --sbom=true \
	  --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) --build-arg SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) \
	  --output type=image,name=$(IMAGE),push=$(PUSH),rewrite-timestamp=true .
