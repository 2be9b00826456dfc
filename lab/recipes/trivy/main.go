// trivy-config is `trivy config` for Terraform alone: the same scanner and the checks that its module embeds. The whole of
// trivy takes three times as long to build, most of it for images, clusters and databases; and its command line fetches the
// checks from a registry first.
//
// It prints a JSON line for each finding that nothing in the configuration ignores, and ends with 2 when there is one.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scan"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/terraform"
	"github.com/aquasecurity/trivy/pkg/iac/severity"
)

type finding struct {
	ID         string            `json:"id"`
	Severity   severity.Severity `json:"severity"`
	File       string            `json:"file"`
	Line       int               `json:"line"`
	EndLine    int               `json:"endLine"`
	Resource   string            `json:"resource"`
	Message    string            `json:"message"`
	Resolution string            `json:"resolution"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: trivy-config <folder>")
		os.Exit(1)
	}
	found, err := scanFolder(context.Background(), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := json.NewEncoder(os.Stdout)
	for _, result := range found {
		if err := lines.Encode(findingOf(result)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if len(found) > 0 {
		os.Exit(2)
	}
}

// Every folder is scanned, modules on their own too, and what cannot be parsed is an error rather than no finding.
func scanFolder(ctx context.Context, folder string) (scan.Results, error) {
	scanner := terraform.New(
		rego.WithEmbeddedPolicies(true),
		rego.WithEmbeddedLibraries(true),
		terraform.ScannerWithAllDirectories(true),
		terraform.ScannerWithDownloadsAllowed(false),
		terraform.ScannerWithSkipDirs([]string{"**/.terraform"}),
		terraform.ScannerWithStopOnHCLError(true),
	)
	results, err := scanner.ScanFS(ctx, os.DirFS(folder), ".")
	if err != nil {
		return nil, err
	}
	return results.GetFailed(), nil
}

func findingOf(result scan.Result) finding {
	flat := result.Flatten()
	return finding{
		ID:         result.Rule().ID,
		Severity:   flat.Severity,
		File:       flat.Location.Filename,
		Line:       flat.Location.StartLine,
		EndLine:    flat.Location.EndLine,
		Resource:   flat.Resource,
		Message:    flat.Description,
		Resolution: flat.Resolution,
	}
}
