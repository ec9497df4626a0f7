{{- /* The admin port for the operator and whoever is named; every other port as if no policy were there. */ -}}
{{- define "retriever-sidecar.networkPolicy" -}}
{{- $ := index .Values "retriever-sidecar" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "retriever-sidecar.workload" . }}-retriever
  namespace: {{ .Release.Namespace }}
spec:
  podSelector:
    matchLabels: {{ required "retriever-sidecar.networkPolicy.podLabels: expected the labels of the application's pods, got none" $.networkPolicy.podLabels | toYaml | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - ports:
        - { port: 1, endPort: {{ sub $.adminPort 1 }}, protocol: TCP }
        - { port: {{ add $.adminPort 1 }}, endPort: 65535, protocol: TCP }
        - { port: 1, endPort: 65535, protocol: UDP }
    - ports: [{ port: {{ $.adminPort }}, protocol: TCP }]
      from:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ $.operator.namespace }} } }
        {{- with $.networkPolicy.adminFrom }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end -}}
