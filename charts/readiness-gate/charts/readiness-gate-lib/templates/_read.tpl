{{/*
Every template of this library takes the gate's values as its argument: any part of the mapping below, or nothing. What
is left out has the value that stands here; an unknown key ends the rendering, since a misspelt one would go unnoticed.
*/}}
{{- define "readiness-gate-lib.defaults" -}}
image:
  registry: ""
  repository: readiness-gate
  tag: {{ include "readiness-gate-lib.version" . | quote }}
  digest: ""
  pullPolicy: IfNotPresent
mode: ready
settings:
  preset: seldon
scheduler:
  enabled: false
  address: seldon-scheduler:9005
hold:
  timeout: 30s
  release: 120s
preflight:
  onBlock: continue
grpc:
  enabled: false
journal:
  enabled: true
  sizeLimit: 8Mi
extraEnv: []
resources:
  requests:
    cpu: 10m
    memory: 96Mi
  limits:
    memory: 192Mi
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{/* The version of the gate that this library was made for: the image's tag unless another is given. */}}
{{- define "readiness-gate-lib.version" -}}
0.1.0
{{- end }}

{{/*
Fills the mapping "into" with the defaults and, over them, what was "given". It fills rather than prints, since numbers
that go through text come back as floating point (1.00066e+09 is no user id).
*/}}
{{- define "readiness-gate-lib.read" -}}
{{- $defaults := include "readiness-gate-lib.defaults" . | fromYaml -}}
{{- include "readiness-gate-lib.overlay" (dict "into" .into "base" $defaults "top" (default dict .given) "at" "") -}}
{{- if not (has .into.mode (list "observe" "ready" "hold")) -}}
{{- fail (printf "readiness-gate: mode is %q; it takes observe, ready or hold" (toString .into.mode)) -}}
{{- end -}}
{{- end }}

{{- define "readiness-gate-lib.overlay" -}}
{{- $into := .into -}}
{{- $base := .base -}}
{{- $top := .top -}}
{{- $at := .at -}}
{{- $isOpen := has $at (list "settings." "resources." "securityContext.") -}}
{{- range $key, $value := $top -}}
{{- if hasKey $base $key | not -}}
{{- if or $isOpen (hasPrefix "resources." $at) (hasPrefix "securityContext." $at) -}}
{{- if kindIs "invalid" $value | not -}}{{- $_ := set $into $key $value -}}{{- end -}}
{{- else -}}
{{- fail (printf "readiness-gate: unknown value %s%s; known here: %s" $at $key (keys $base | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key, $value := $base -}}
{{- $given := get $top $key -}}
{{- if not (hasKey $top $key) -}}
{{- $_ := set $into $key $value -}}
{{- else if and (kindIs "map" $value) (kindIs "map" $given) -}}
{{- $part := dict -}}
{{- include "readiness-gate-lib.overlay" (dict "into" $part "base" $value "top" $given "at" (printf "%s%s." $at $key)) -}}
{{- $_ := set $into $key $part -}}
{{- else if kindIs "invalid" $given | not -}}
{{- $_ := set $into $key $given -}}
{{- else if not (or $isOpen (hasPrefix "resources." $at) (hasPrefix "securityContext." $at)) -}}
{{- $_ := set $into $key $value -}}
{{- end -}}
{{- end -}}
{{- end }}
