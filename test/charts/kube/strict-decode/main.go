// Command strict-decode reads Kubernetes manifests (YAML documents) on stdin and decodes each into its type, as the API
// server does with fieldValidation=Strict: an unknown, misspelt, mistyped or repeated field is an error. It prints one
// line of JSON for each document.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	strict "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// types makes an empty object of each kind that is known.
var types = map[string]func() any{
	"v1/Pod":                                  func() any { return &corev1.Pod{} },
	"v1/ConfigMap":                            func() any { return &corev1.ConfigMap{} },
	"v1/Service":                              func() any { return &corev1.Service{} },
	"apps/v1/Deployment":                      func() any { return &appsv1.Deployment{} },
	"apps/v1/StatefulSet":                     func() any { return &appsv1.StatefulSet{} },
	"batch/v1/Job":                            func() any { return &batchv1.Job{} },
	"batch/v1/CronJob":                        func() any { return &batchv1.CronJob{} },
	"mlops.seldon.io/v1alpha1/Server":         func() any { return &server{} },
	"mlops.seldon.io/v1alpha1/ServerConfig":   func() any { return &serverConfig{} },
	"monitoring.coreos.com/v1/PodMonitor":     func() any { return &podMonitor{} },
	"monitoring.coreos.com/v1/PrometheusRule": func() any { return &prometheusRule{} },
}

type result struct {
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	Errors []string `json:"errors"`
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := json.NewEncoder(os.Stdout)
	for _, document := range regexp.MustCompile(`(?m)^---.*$`).Split(string(text), -1) {
		if strings.TrimSpace(document) != "" {
			_ = out.Encode(decode(document))
		}
	}
}

func decode(document string) result {
	// Strict: a key that stands twice is an error here already.
	asJSON, err := yaml.YAMLToJSONStrict([]byte(document))
	if err != nil {
		return result{Errors: []string{err.Error()}}
	}
	var head struct {
		APIVersion string                `json:"apiVersion"`
		Kind       string                `json:"kind"`
		Metadata   struct{ Name string } `json:"metadata"`
	}
	if err := json.Unmarshal(asJSON, &head); err != nil {
		return result{Errors: []string{err.Error()}}
	}
	found := result{Kind: head.APIVersion + "/" + head.Kind, Name: head.Metadata.Name, Errors: []string{}}
	make, isKnown := types[found.Kind]
	if !isKnown {
		found.Errors = append(found.Errors, "no type of this kind is known")
		return found
	}
	object := make()
	strictErrors, err := strict.UnmarshalStrict(asJSON, object)
	if err != nil {
		found.Errors = append(found.Errors, err.Error())
	}
	for _, one := range strictErrors {
		found.Errors = append(found.Errors, one.Error())
	}
	if checked, can := object.(interface{ missing() []string }); can {
		found.Errors = append(found.Errors, checked.missing()...)
	}
	return found
}
