{{/*
Whether the gate itself works. A regular sidecar has no startup probe beside it: the kubelet would kill the gate for the
server's slowness.
*/}}
{{- define "readiness-gate-lib.liveness-probe" -}}
livenessProbe:
  httpGet:
    path: /livez
    port: gate
  periodSeconds: 10
  timeoutSeconds: 2
{{- end }}

{{/* Whether the gate is open; `kubectl describe pod` shows the class of the verdict as a status code of its own. */}}
{{- define "readiness-gate-lib.readiness-probe" -}}
readinessProbe:
  httpGet:
    path: /readyz?code=class
    port: gate
  periodSeconds: 2
  timeoutSeconds: 2
{{- end }}

{{/*
Holds back what starts after a native sidecar, and lets go after hold.release in any case: a minute before the kubelet
would give the gate up.
*/}}
{{- define "readiness-gate-lib.startup-probe" -}}
{{- if not (regexMatch "^[1-9][0-9]{0,4}s$" (toString .hold.release)) -}}
{{- fail (printf "readiness-gate: hold.release is %q; it takes whole seconds, as in 120s" (toString .hold.release)) -}}
{{- end -}}
startupProbe:
  httpGet:
    path: /startupz?release={{ .hold.release }}
    port: gate
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: {{ .hold.release | trimSuffix "s" | int | add 60 }}
{{- end }}

{{/* Liveness and, unless the mode is observe, readiness; as for a regular sidecar. */}}
{{- define "readiness-gate-lib.probes" -}}
{{- $gate := dict -}}
{{- include "readiness-gate-lib.read" (dict "into" $gate "given" .) -}}
{{ include "readiness-gate-lib.liveness-probe" $gate }}
{{- if ne $gate.mode "observe" }}
{{ include "readiness-gate-lib.readiness-probe" $gate }}
{{- end }}
{{- end }}
