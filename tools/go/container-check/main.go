// Command container-check reads Dockerfiles and compose files with the libraries that Docker itself reads them with,
// without a daemon and without a registry:
//
//	container-check dockerfile FILE…   BuildKit's own checks, and the image that each platform would get, as JSON
//	container-check compose FILE       the project as `docker compose` understands it, as JSON
//
// Exit code 1 where a file cannot be read as what it is said to be. What is found in a Dockerfile is in the JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerui"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

var platforms = []ocispecs.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}

type finding struct {
	Rule   string `json:"rule"`
	Detail string `json:"detail"`
	Line   int32  `json:"line"`
}

type dockerfile struct {
	File     string    `json:"file"`
	Findings []finding `json:"findings"`
	// By platform, as `linux/amd64`.
	Images map[string]*dockerspec.DockerOCIImage `json:"images"`
}

// emptyBase stands for every base image: what a registry would say of it is not known here, so what an image inherits
// (its entry point, say) is not in the result.
type emptyBase struct{}

func (emptyBase) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	platform := platforms[0]
	if opt.ImageOpt != nil && opt.ImageOpt.Platform != nil {
		platform = *opt.ImageOpt.Platform
	}
	config, err := json.Marshal(ocispecs.Image{Platform: platform})
	return ref, "", config, err
}

func options(content []byte, platform ocispecs.Platform) dockerfile2llb.ConvertOpt {
	source := llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", content)
	source.Definition = &llb.Definition{}
	return dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{
			LinterConfig:   &linter.Config{ExperimentalAll: true},
			BuildPlatforms: platforms[:1],
		},
		TargetPlatform: &platform,
		MetaResolver:   emptyBase{},
		SourceMap:      source,
	}
}

func checkDockerfile(ctx context.Context, file string) (*dockerfile, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	result := &dockerfile{File: file, Findings: []finding{}, Images: map[string]*dockerspec.DockerOCIImage{}}
	lint, err := dockerfile2llb.DockerfileLint(ctx, content, options(content, platforms[0]))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if lint.Error != nil {
		return nil, fmt.Errorf("%s: %s", file, lint.Error.Message)
	}
	for _, warning := range lint.Warnings {
		found := finding{Rule: warning.RuleName, Detail: warning.Detail}
		if ranges := warning.Location.GetRanges(); len(ranges) > 0 {
			found.Line = ranges[0].GetStart().GetLine()
		}
		result.Findings = append(result.Findings, found)
	}
	for _, platform := range platforms {
		converted, err := dockerfile2llb.Dockerfile2LLB(ctx, content, options(content, platform))
		if err != nil {
			return nil, fmt.Errorf("%s for %s: %w", file, platform.Architecture, err)
		}
		result.Images[platform.OS+"/"+platform.Architecture] = converted.Image
	}
	return result, nil
}

func checkCompose(ctx context.Context, file string) (any, error) {
	project, err := cli.NewProjectOptions([]string{file}, cli.WithWorkingDirectory(filepath.Dir(file)))
	if err != nil {
		return nil, err
	}
	return project.LoadProject(ctx)
}

func check(ctx context.Context, verb string, files []string) (any, error) {
	switch {
	case verb == "compose" && len(files) == 1:
		return checkCompose(ctx, files[0])
	case verb == "dockerfile" && len(files) > 0:
		results := make([]*dockerfile, 0, len(files))
		for _, file := range files {
			result, err := checkDockerfile(ctx, file)
			if err != nil {
				return nil, err
			}
			results = append(results, result)
		}
		return results, nil
	default:
		return nil, errors.New("use container-check dockerfile FILE…, or container-check compose FILE")
	}
}

func main() {
	verb, files := "", []string{}
	if len(os.Args) > 1 {
		verb, files = os.Args[1], os.Args[2:]
	}
	result, err := check(context.Background(), verb, files)
	if err == nil {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
