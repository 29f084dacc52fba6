// Command merge-replay makes the pod spec that Seldon's operator would make of a ServerConfig and a Server. It reads
// {"base": PodSpec, "override": PodSpec} as JSON on stdin and prints {"imdario": PodSpec, "dario": PodSpec}: one result
// for each of the two libraries that versions of the operator use (2.9.0: github.com/imdario/mergo 0.3.16; later:
// dario.cat/mergo 1.0.0).
//
// What is replayed, as facts about the operator (operator/controllers/reconcilers/common/patch_utils.go): the specs are
// merged with "override" and "append slice"; containers apart from that, by name, those of the override first and in its
// order, then the ones that it does not name.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	dario "dario.cat/mergo"
	imdario "github.com/imdario/mergo"
	corev1 "k8s.io/api/core/v1"
)

type merger func(into, from any) error

func withImdario(into, from any) error {
	return imdario.Merge(into, from, imdario.WithOverride, imdario.WithAppendSlice)
}

func withDario(into, from any) error {
	return dario.Merge(into, from, dario.WithOverride, dario.WithAppendSlice)
}

func main() {
	if err := replay(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func replay() error {
	var given struct {
		Base     corev1.PodSpec `json:"base"`
		Override corev1.PodSpec `json:"override"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return err
	}
	merged := map[string]*corev1.PodSpec{}
	for name, merge := range map[string]merger{"imdario": withImdario, "dario": withDario} {
		spec, err := mergeSpecs(merge, &given.Base, &given.Override)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		merged[name] = spec
	}
	return json.NewEncoder(os.Stdout).Encode(merged)
}

func mergeSpecs(merge merger, base, override *corev1.PodSpec) (*corev1.PodSpec, error) {
	spec := base.DeepCopy()
	if err := merge(spec, *override.DeepCopy()); err != nil {
		return nil, err
	}
	containers, err := mergeContainers(merge, base.DeepCopy().Containers, override.DeepCopy().Containers)
	spec.Containers = containers
	return spec, err
}

func mergeContainers(merge merger, base, override []corev1.Container) ([]corev1.Container, error) {
	result := []corev1.Container{}
	isNamed := map[string]bool{}
	for _, container := range override {
		isNamed[container.Name] = true
		merged := container
		for _, existing := range base {
			if existing.Name == container.Name {
				merged = existing
				if err := merge(&merged, container); err != nil {
					return nil, err
				}
			}
		}
		result = append(result, merged)
	}
	for _, existing := range base {
		if !isNamed[existing.Name] {
			result = append(result, existing)
		}
	}
	return result, nil
}
