{{/* The image's full name. Takes values that were read. A digest wins over a tag. */}}
{{- define "readiness-gate-lib.image" -}}
{{- with .image.registry }}{{ . | trimSuffix "/" }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ .image.tag }}{{ end -}}
{{- end }}

{{/* What every container of the gate has. Takes values that were read. */}}
{{- define "readiness-gate-lib.basis" -}}
image: {{ include "readiness-gate-lib.image" . | quote }}
{{- with .image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
env:
  {{- include "readiness-gate-lib.env" . | trim | nindent 2 }}
resources:
  {{- toYaml .resources | nindent 2 }}
securityContext:
  {{- toYaml .securityContext | nindent 2 }}
{{- end }}

{{/* What a sidecar has besides: ports, never named http, grpc or metrics (Seldon's Services look ports up by name). */}}
{{- define "readiness-gate-lib.serving" -}}
ports:
  - name: gate
    containerPort: 9020
  {{- if .grpc.enabled }}
  - name: gate-grpc
    containerPort: 9021
  {{- end }}
{{- if .journal.enabled }}
volumeMounts:
  - name: readiness-gate
    mountPath: /var/run/readiness-gate
{{- end }}
{{ include "readiness-gate-lib.probes" . }}
{{- end }}

{{/*
The gate as a regular container. In mode hold it must stand after the server and before what needs the server: the
kubelet starts containers in their order and goes on when a postStart hook has ended.
*/}}
{{- define "readiness-gate-lib.container" -}}
{{- $gate := dict -}}
{{- include "readiness-gate-lib.read" (dict "into" $gate "given" .) -}}
name: readiness-gate
{{ include "readiness-gate-lib.basis" $gate }}
{{ include "readiness-gate-lib.serving" $gate }}
{{- if eq $gate.mode "hold" }}
lifecycle:
  postStart:
    exec:
      command:
        - /usr/local/bin/readiness-gate
        - wait
        - --timeout
        - {{ $gate.hold.timeout | quote }}
        - --on-timeout
        - continue
{{- end }}
{{- end }}

{{/*
The gate as a native sidecar (Kubernetes 1.29 and later), for initContainers. Takes a mapping: "gate", the gate's values;
"server", the name of the server's container; "initContainers", the list of those that stand before the gate.
*/}}
{{- define "readiness-gate-lib.native-sidecar" -}}
{{- $gate := dict -}}
{{- include "readiness-gate-lib.read" (dict "into" $gate "given" .gate) -}}
{{- if ne $gate.mode "observe" -}}
{{- include "readiness-gate-lib.require-earlier-server" . -}}
{{- end -}}
name: readiness-gate
restartPolicy: Always
{{ include "readiness-gate-lib.basis" $gate }}
{{ include "readiness-gate-lib.serving" $gate }}
{{- if ne $gate.mode "observe" }}
{{ include "readiness-gate-lib.startup-probe" $gate }}
{{- end }}
{{- end }}

{{/* Ends the rendering unless the server is a native sidecar that stands before the gate. */}}
{{- define "readiness-gate-lib.require-earlier-server" -}}
{{- $server := required "readiness-gate: a native sidecar needs \"server\", the name of the server's container" .server -}}
{{- $isEarlier := false -}}
{{- range default list .initContainers -}}
{{- if and (eq .name $server) (eq (toString .restartPolicy) "Always") -}}{{- $isEarlier = true -}}{{- end -}}
{{- end -}}
{{- if not $isEarlier -}}
{{- fail (printf "readiness-gate: as a native sidecar the gate waits for %q before anything after it starts, so %q must be an earlier native sidecar (in initContainers, before the gate, with restartPolicy: Always). It is not, so it would start only after the wait. Make it one, use the regular container, or mode observe, which waits for nothing" $server $server) -}}
{{- end -}}
{{- end }}

{{/* `preflight` as an init container: tries the targets' ports before the server exists. */}}
{{- define "readiness-gate-lib.preflight" -}}
{{- $gate := dict -}}
{{- include "readiness-gate-lib.read" (dict "into" $gate "given" .) -}}
{{- $_ := set $gate "journal" (dict "enabled" false) -}}
{{- $_ := set $gate "grpc" (dict "enabled" false) -}}
name: readiness-gate-preflight
args: [preflight, --on-block, {{ $gate.preflight.onBlock }}]
{{ include "readiness-gate-lib.basis" $gate }}
{{- end }}
