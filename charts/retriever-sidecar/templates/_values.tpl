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

{{- /* What the pods of every Job need beside what they do: of the application's own pods its chart says it. */ -}}
{{- define "retriever-sidecar.jobPods" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- with $.jobs.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $.jobs.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $.jobs.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "retriever-sidecar.security" -}}
runAsNonRoot: true
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- /* What the name of a port for the operator ends with, by which it knows how to ask. */ -}}
{{- define "retriever-sidecar.portSuffix" -}}
{{- $tls := (index .Values "retriever-sidecar").adminTls -}}
{{- if and $tls.operatorCaConfigMap (not $tls.secretName) -}}
{{- fail "retriever-sidecar.adminTls.operatorCaConfigMap: expected a certificate of the workload beside it (adminTls.secretName), got none" -}}
{{- end -}}
{{- if $tls.operatorCaConfigMap -}}-mtls{{- else if $tls.secretName -}}-tls{{- end -}}
{{- end -}}

{{- /* With what a pod proves itself: empty unless it has to. */ -}}
{{- define "retriever-sidecar.proofEnv" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- if $.adminTls.operatorCaConfigMap -}}
- { name: RETRIEVER_POD_PROOF, value: /etc/retriever/pod-proof }
- { name: RETRIEVER_OPERATOR_NAME, value: {{ printf "%s.%s.svc" $.operator.serviceAccount $.operator.namespace | quote }} }
{{- end -}}
{{- end -}}

{{- /* The same for what is no sidecar and takes all of it from variables. */ -}}
{{- define "retriever-sidecar.jobTlsEnv" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- if $.adminTls.secretName -}}
- { name: RETRIEVER_ADMIN_TLS, value: /etc/retriever/admin-tls }
{{- end -}}
{{- with include "retriever-sidecar.proofEnv" . }}
{{ . }}
{{- end -}}
{{- end -}}

{{- define "retriever-sidecar.tlsMounts" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- if $.adminTls.secretName -}}
- { name: retriever-admin-tls, mountPath: /etc/retriever/admin-tls, readOnly: true }
{{- end -}}
{{- if $.adminTls.operatorCaConfigMap }}
- { name: retriever-pod-proof, mountPath: /etc/retriever/pod-proof, readOnly: true }
{{- end -}}
{{- end -}}

{{- define "retriever-sidecar.tlsVolumes" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- if $.adminTls.secretName -}}
- { name: retriever-admin-tls, secret: { secretName: {{ $.adminTls.secretName }} } }
{{- end -}}
{{- if $.adminTls.operatorCaConfigMap }}
- name: retriever-pod-proof
  projected:
    sources:
      - configMap: { name: {{ $.adminTls.operatorCaConfigMap }}, items: [{ key: ca.crt, path: ca.crt }] }
      # For the operator alone: nobody else, the API server included, takes it.
      - serviceAccountToken: { audience: retriever-operator, expirationSeconds: 3600, path: token }
{{- end -}}
{{- end -}}
