{{- /*
The admin port for the operator and whoever is named, and the application's own ports for whom the application says:
policies add up, so a rule for everybody would undo its default-deny, and none at all would cut it off.
*/ -}}
{{- define "retriever-sidecar.networkPolicy" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- $admin := int $.adminPort -}}
{{- if kindIs "invalid" $.networkPolicy.applicationIngress -}}
{{- fail "retriever-sidecar.networkPolicy.applicationIngress: expected who reaches the application, [{}] for everybody, [] where other policies say it, got none" -}}
{{- end -}}
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
    {{- range $.networkPolicy.applicationIngress }}
    {{- range .ports }}
    {{- if or (not .port) (has (toString .port) (list "admin" "admin-tls" "admin-mtls")) (and (ne (toString (.protocol | default "TCP")) "UDP") (not (kindIs "string" .port)) (le (int .port) $admin) (ge (int (.endPort | default .port)) $admin)) }}
    {{- fail (printf "retriever-sidecar.networkPolicy.applicationIngress: expected ports without the admin port %d, got %v" $admin .) }}
    {{- end }}
    {{- end }}
    {{- if .ports }}
    - {{- toYaml . | nindent 6 }}
    {{- else }}
    - ports:
        - { port: 1, endPort: {{ sub $admin 1 }}, protocol: TCP }
        - { port: {{ add $admin 1 }}, endPort: 65535, protocol: TCP }
        - { port: 1, endPort: 65535, protocol: UDP }
      {{- with .from }}
      from: {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
    {{- end }}
    - ports: [{ port: {{ $admin }}, protocol: TCP }]
      from:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ $.operator.namespace }} } }
        {{- with $.networkPolicy.adminFrom }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end -}}
