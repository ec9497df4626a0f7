{{- /*
The suspended CronJob that the operator makes syncs from, and what lets it do so and ask them how far they are. Its pods have
the credential that writes to the destination: nothing of it is given to the serving pods, and nothing of theirs to it.
*/ -}}
{{- define "retriever-sidecar.sync" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- $name := printf "%s-retriever-sync" (include "retriever-sidecar.workload" .) -}}
{{- if not (or $.sync.env $.sync.credentialsSecret) -}}
{{- fail "retriever-sidecar.sync: expected env or credentialsSecret with credentials of its own, of which one may write to the destination, got neither" -}}
{{- end -}}
{{- if le (float64 $.verify.lag) (addf $.sync.interval $.sync.lag) -}}
{{- fail (printf "retriever-sidecar.verify.lag: expected more than sync.interval and sync.lag together, or a verification takes what is under way for a difference; got %v, %v and %v" $.verify.lag $.sync.interval $.sync.lag) -}}
{{- end -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
spec:
  # Never by itself.
  suspend: true
  schedule: "0 0 1 1 *"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 0
      activeDeadlineSeconds: {{ $.sync.activeDeadlineSeconds | int64 }}
      completions: 1
      parallelism: 1
      template:
        metadata:
          labels: { app.kubernetes.io/component: retriever-sync, retriever.dev/workload: {{ include "retriever-sidecar.workload" . }} }
        spec:
          restartPolicy: Never
          {{- with include "retriever-sidecar.jobPods" . }}
          {{- . | trim | nindent 10 }}
          {{- end }}
          automountServiceAccountToken: false
          securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, seccompProfile: { type: RuntimeDefault } }
          containers:
            - name: retriever-sync
              image: {{ include "retriever-sidecar.image" . }}
              imagePullPolicy: {{ $.image.pullPolicy }}
              # Young generations of 2 MB keep the process small, whatever the stores hold.
              command: [/usr/local/bin/node, --disable-sigusr1, --max-semi-space-size=2, /app/retriever-data/src/main.ts]
              args: {{ concat (list "sync" "--config" "/etc/retriever/config" "--interval" (print $.sync.interval) "--budget" (print (int64 $.sync.budget)) "--lag" (print (int64 $.sync.lag)) "--verify-every" (print (int64 $.sync.verifyEvery)) "--listen" "0.0.0.0:7091" "--termination-log" "/dev/termination-log") (ternary (list "--delete-extra" "--removals-need-leave") list $.sync.deleteExtra) | toJson }}
              env:
                - { name: RETRIEVER_ALLOWED_HOSTS, value: {{ join "," $.allowedHosts | quote }} }
                {{- with include "retriever-sidecar.jobTlsEnv" . }}
                {{- . | trim | nindent 16 }}
                {{- end }}
                {{- with $.sync.env }}
                {{- toYaml . | nindent 16 }}
                {{- end }}
              ports:
                - { name: report{{ include "retriever-sidecar.portSuffix" . }}, containerPort: 7091 }
              resources: {{ toYaml $.sync.resources | nindent 16 }}
              securityContext: {{ include "retriever-sidecar.security" . | nindent 16 }}
              volumeMounts:
                - { name: retriever-config, mountPath: /etc/retriever/config, readOnly: true }
                {{- with include "retriever-sidecar.tlsMounts" . }}
                {{- . | nindent 16 }}
                {{- end }}
                {{- if $.sync.credentialsSecret }}
                - { name: retriever-credentials, mountPath: /etc/retriever/credentials, readOnly: true }
                {{- end }}
          volumes:
            - name: retriever-config
              projected:
                sources:
                  - configMap: { name: {{ required "retriever-sidecar.base: expected the ConfigMap with the base, got none" $.base }} }
                  - configMap: { name: {{ include "retriever-sidecar.workload" . }}-retriever-migration, optional: true, items: [{ key: migration.json, path: migration.json }] }
            {{- with include "retriever-sidecar.tlsVolumes" . }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- if $.sync.credentialsSecret }}
            - { name: retriever-credentials, secret: { secretName: {{ $.sync.credentialsSecret }} } }
            {{- end }}
---
# Whoever may bind this says that the operator may have the destination written to.
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
rules:
  - apiGroups: [batch]
    resources: [cronjobs/instantiate]
    resourceNames: [{{ $name }}]
    verbs: [create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }} }
subjects:
  - { kind: ServiceAccount, name: {{ $.operator.serviceAccount }}, namespace: {{ $.operator.namespace }} }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
spec:
  podSelector:
    matchLabels: { app.kubernetes.io/component: retriever-sync, retriever.dev/workload: {{ include "retriever-sidecar.workload" . }} }
  policyTypes: [Ingress]
  ingress:
    - ports: [{ port: report{{ include "retriever-sidecar.portSuffix" . }} }]
      from:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ $.operator.namespace }} } }
{{- end -}}
