{{/* Fills "into" with the gate's values as the library takes them. */}}
{{- define "readiness-gate.gate" -}}
{{- $values := .root.Values -}}
{{- range $key := list "mode" "settings" "scheduler" "hold" "grpc" "journal" "extraEnv" "resources" "securityContext" -}}
{{- $_ := set $.into $key (get $values $key) -}}
{{- end -}}
{{- $image := deepCopy $values.image -}}
{{- $_ := set $image "tag" (default .root.Chart.AppVersion $image.tag) -}}
{{- $_ := set .into "image" $image -}}
{{- $_ := set .into "preflight" (dict "onBlock" $values.preflight.onBlock) -}}
{{- end }}

{{/* The list of the gate's init containers: preflight, or the gate as a native sidecar. */}}
{{- define "readiness-gate.init-containers" -}}
{{- $native := .root.Values.nativeSidecar -}}
{{- $server := .root.Values.server.container -}}
{{- if and $native.enabled .root.Values.preflight.enabled -}}
{{- fail "readiness-gate: preflight.enabled and nativeSidecar.enabled exclude each other: Seldon's operator puts the ServerConfig's init containers first, so the server would hold its ports before preflight could try them" -}}
{{- end -}}
{{- if .root.Values.preflight.enabled -}}
- {{ include "readiness-gate-lib.preflight" .gate | nindent 2 | trim }}
{{- end -}}
{{- if $native.enabled -}}
{{- $before := list -}}
{{- if $native.serverIsNative -}}{{- $before = list (dict "name" $server "restartPolicy" "Always") -}}{{- end -}}
- {{ include "readiness-gate-lib.native-sidecar" (dict "gate" .gate "server" $server "initContainers" $before) | nindent 2 | trim }}
{{- end -}}
{{- end }}

{{/*
The list of containers. Seldon's operator puts these before the ServerConfig's, in this order: the server starts first, the
gate second, and in mode hold its hook holds back all others.
*/}}
{{- define "readiness-gate.containers" -}}
{{- if not .root.Values.nativeSidecar.enabled -}}
- name: {{ .root.Values.server.container }}
- {{ include "readiness-gate-lib.container" .gate | nindent 2 | trim }}
{{- end -}}
{{- end }}

{{/* What the gate adds to the pods of a ServerConfig, as podSpec of a Server. */}}
{{- define "readiness-gate.pod-spec" -}}
{{- $gate := dict -}}
{{- include "readiness-gate.gate" (dict "into" $gate "root" .) -}}
{{- $parts := dict "root" . "gate" $gate -}}
{{- with include "readiness-gate.init-containers" $parts }}
initContainers:
  {{- . | nindent 2 }}
{{- end }}
{{- with include "readiness-gate.containers" $parts }}
containers:
  {{- . | nindent 2 }}
{{- end }}
{{- with include "readiness-gate-lib.volumes" $gate }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.server.podSpec }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Annotations of the Server, which the operator copies into the pods' template too. */}}
{{- define "readiness-gate.server-annotations" -}}
kubectl.kubernetes.io/default-container: {{ .Values.server.container }}
{{- with .Values.server.annotations }}
{{ toYaml . }}
{{- end }}
{{- end }}
