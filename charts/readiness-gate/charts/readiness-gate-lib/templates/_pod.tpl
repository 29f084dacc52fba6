{{/* Volumes that the sidecar mounts, as a list; nothing without a journal. */}}
{{- define "readiness-gate-lib.volumes" -}}
{{- $gate := dict -}}
{{- include "readiness-gate-lib.read" (dict "into" $gate "given" .) -}}
{{- if $gate.journal.enabled -}}
- name: readiness-gate
  emptyDir:
    sizeLimit: {{ $gate.journal.sizeLimit }}
{{- end }}
{{- end }}

{{/*
Labels for a pod that carries the gate. None of them changes with a version, so that a new version of a chart restarts
nothing by itself.
*/}}
{{- define "readiness-gate-lib.labels" -}}
readiness-gate.dev/gate: "true"
{{- end }}
