{{/* The gate's settings that may be given by their keys in its configuration file; see docs/settings.md. */}}
{{- define "readiness-gate-lib.setting-keys" -}}
[preset, host, targets, openOn, afterReady, probeTimeout, backoffMin, backoffMax, interval, failureThreshold,
successThreshold, models, startupBudget, drain, adminListen, terminationLog, logLevel]
{{- end }}

{{/* The setting "targets", with the scheduler added to those of the preset where it is asked for. */}}
{{- define "readiness-gate-lib.targets" -}}
{{- $targets := default list .settings.targets -}}
{{- if kindIs "string" $targets -}}{{- $targets = regexSplit "\\s+" (trim $targets) -1 -}}{{- end -}}
{{- if .scheduler.enabled -}}
{{- if not $targets -}}
{{- if ne .settings.preset "seldon" -}}
{{- fail "readiness-gate: scheduler.enabled needs settings.preset seldon, or settings.targets" -}}
{{- end -}}
{{- $host := default "127.0.0.1" .settings.host -}}
{{- if contains ":" $host -}}{{- $host = printf "[%s]" (trimAll "[]" $host) -}}{{- end -}}
{{- $targets = list
      (printf "http=http://%s:9000/v2/health/ready" $host)
      (printf "grpc=grpc://%s:9500" $host)
      (printf "rclone=tcp://%s:5572?required=false" $host) -}}
{{- end -}}
{{- $targets = append $targets (printf "scheduler=tcp://%s?required=false" .scheduler.address) -}}
{{- end -}}
{{- join " " $targets -}}
{{- end }}

{{/* Environment variables of the settings, as a list. Takes values that were read. */}}
{{- define "readiness-gate-lib.settings-env" -}}
{{- $known := include "readiness-gate-lib.setting-keys" . | fromYamlArray -}}
{{- range $key, $value := .settings -}}
{{- if not (has $key $known) -}}
{{- fail (printf "readiness-gate: unknown setting %s; settings takes: %s" $key (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- $texts := dict -}}
{{- range $key, $value := .settings -}}
{{- if kindIs "slice" $value -}}{{- $value = join " " $value -}}{{- end -}}
{{- $_ := set $texts $key (toString $value) -}}
{{- end -}}
{{- $_ := set $texts "targets" (include "readiness-gate-lib.targets" .) -}}
{{- if and (eq .settings.preset "seldon") (not (hasKey .settings "drain")) -}}{{- $_ := set $texts "drain" "100s" -}}{{- end -}}
{{- range $key, $text := $texts -}}
{{- if or $text (eq $key "adminListen") }}
- name: GATE_{{ $key | snakecase | upper }}
  value: {{ $text | quote }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* All environment variables of the gate, as a list. Takes values that were read. */}}
{{- define "readiness-gate-lib.env" -}}
{{- include "readiness-gate-lib.settings-env" . | trim }}
{{- if .grpc.enabled }}
- name: GATE_GRPC_LISTEN
  value: ":9021"
{{- end }}
{{- if .journal.enabled }}
- name: GATE_JOURNAL
  value: /var/run/readiness-gate/journal.ndjson
{{- end }}
- name: GATE_POD_IPS
  valueFrom:
    fieldRef:
      fieldPath: status.podIPs
{{- with .extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
