{{- /* What the other templates take from the values; each fails with the field's name when something required isn't given. */ -}}

{{- define "retriever-sidecar.workload" -}}
{{- required "retriever-sidecar.workload: expected the Deployment's name, got none" (index .Values "retriever-sidecar").workload -}}
{{- end -}}

{{- define "retriever-sidecar.image" -}}
{{- $image := (index .Values "retriever-sidecar").image -}}
{{- $repository := required "retriever-sidecar.image.repository: expected where the image is, such as registry.example/retriever/retriever-sidecar, got none" $image.repository -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository ($image.tag | default "0.1.0") -}}
{{- end -}}
{{- end -}}

{{- /* Credentials and the hosts they may go to: the same for the sidecar and its verification. */ -}}
{{- define "retriever-sidecar.env" -}}
{{- $ := index .Values "retriever-sidecar" -}}
- { name: RETRIEVER_POD_UID, valueFrom: { fieldRef: { fieldPath: metadata.uid } } }
- { name: RETRIEVER_POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
- { name: RETRIEVER_ALLOWED_HOSTS, value: {{ join "," $.allowedHosts | quote }} }
{{- with $.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "retriever-sidecar.mounts" -}}
{{- $ := index .Values "retriever-sidecar" -}}
# A directory, never subPath: a file mounted by subPath would never change.
- { name: retriever-config, mountPath: /etc/retriever/config, readOnly: true }
{{- if $.credentialsSecret }}
- { name: retriever-credentials, mountPath: /etc/retriever/credentials, readOnly: true }
{{- end }}
{{- end -}}

{{- define "retriever-sidecar.security" -}}
runAsNonRoot: true
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end -}}
