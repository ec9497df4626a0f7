{{- /* One entry for the pod's initContainers, which keeps running: there before the application, and gone after it. */ -}}
{{- define "retriever-sidecar.container" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- $admin := printf "admin%s" (include "retriever-sidecar.portSuffix" .) -}}
{{- $scheme := ternary ", scheme: HTTPS" "" (ne $.adminTls.secretName "") -}}
- name: retriever-sidecar
  image: {{ include "retriever-sidecar.image" . }}
  imagePullPolicy: {{ $.image.pullPolicy }}
  restartPolicy: Always
  args: [serve, --config, /etc/retriever/config, --listen, "127.0.0.1:{{ $.retrievePort }}", --admin, "0.0.0.0:{{ $.adminPort }}"{{ if $.adminTls.secretName }}, --admin-tls, /etc/retriever/admin-tls{{ end }}]
  env: {{ include "retriever-sidecar.env" . | nindent 4 }}
    {{- with include "retriever-sidecar.proofEnv" . }}
    {{- . | nindent 4 }}
    {{- end }}
  ports:
    - { name: retrieve, containerPort: {{ $.retrievePort }} }
    - { name: {{ $admin }}, containerPort: {{ $.adminPort }} }
  # About the sidecar, not the stores: a store's outage must not take the pods out of service.
  startupProbe: { httpGet: { path: /readyz, port: {{ $admin }}{{ $scheme }} }, periodSeconds: 1, failureThreshold: 60 }
  readinessProbe: { httpGet: { path: /readyz, port: {{ $admin }}{{ $scheme }} }, periodSeconds: 5 }
  livenessProbe: { httpGet: { path: /healthz, port: {{ $admin }}{{ $scheme }} }, periodSeconds: 10, failureThreshold: 6 }
  resources: {{ toYaml $.resources | nindent 4 }}
  securityContext: {{ include "retriever-sidecar.security" . | nindent 4 }}
  volumeMounts:
    {{- include "retriever-sidecar.mounts" . | nindent 4 }}
    {{- with include "retriever-sidecar.tlsMounts" . }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- /* Entries for the pod's volumes: base and, once a migration has begun, its overlay, in one directory. */ -}}
{{- define "retriever-sidecar.volumes" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{ include "retriever-sidecar.configVolumes" . }}
{{- with include "retriever-sidecar.tlsVolumes" . }}
{{ . }}
{{- end }}
{{- end -}}

{{- /* Those that a verification needs, too. */ -}}
{{- define "retriever-sidecar.configVolumes" -}}
{{- $ := index .Values "retriever-sidecar" -}}
- name: retriever-config
  projected:
    sources:
      - configMap: { name: {{ required "retriever-sidecar.base: expected the ConfigMap with the base, got none" $.base }} }
      - configMap: { name: {{ include "retriever-sidecar.workload" . }}-retriever-migration, optional: true, items: [{ key: migration.json, path: migration.json }] }
{{- if $.credentialsSecret }}
- { name: retriever-credentials, secret: { secretName: {{ $.credentialsSecret }} } }
{{- end }}
{{- end -}}
