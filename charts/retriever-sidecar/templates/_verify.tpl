{{- /*
The suspended CronJob that the operator makes verifications from, what lets it do so, and who may fetch the report. A Job
equals this template but for the annotation retriever.dev/verify-since, which the container reads as a variable.
*/ -}}
{{- define "retriever-sidecar.verify" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- $name := printf "%s-retriever-verify" (include "retriever-sidecar.workload" .) -}}
{{- $partition := list -}}
{{- if gt (int $.verify.partitions) 1 -}}
{{- $partition = list "--partition" (printf "$(JOB_COMPLETION_INDEX)/%d" (int $.verify.partitions)) -}}
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
      activeDeadlineSeconds: {{ $.verify.activeDeadlineSeconds | int64 }}
      completions: {{ $.verify.partitions | int64 }}
      parallelism: {{ min $.verify.parallelism $.verify.partitions }}
      {{- if $partition }}
      completionMode: Indexed
      {{- end }}
      template:
        metadata:
          labels: { app.kubernetes.io/component: retriever-verify, retriever.dev/workload: {{ include "retriever-sidecar.workload" . }} }
        spec:
          restartPolicy: Never
          {{- with include "retriever-sidecar.jobPods" . }}
          {{- . | trim | nindent 10 }}
          {{- end }}
          automountServiceAccountToken: false
          securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, seccompProfile: { type: RuntimeDefault } }
          containers:
            - name: retriever-verify
              image: {{ include "retriever-sidecar.image" . }}
              imagePullPolicy: {{ $.image.pullPolicy }}
              command: [/usr/local/bin/node, --disable-sigusr1, /app/retriever-data/src/main.ts]
              args: {{ concat (list "verify" "--config" "/etc/retriever/config" "--level" $.verify.level "--budget" (print (int64 $.verify.budget)) "--lag" (print (int64 $.verify.lag)) "--serve-report" "0.0.0.0:7091" "--termination-log" "/dev/termination-log" "--report" "/tmp/report") $partition | toJson }}
              env:
                {{- include "retriever-sidecar.env" . | nindent 16 }}
                {{- with include "retriever-sidecar.jobTlsEnv" . }}
                {{- . | trim | nindent 16 }}
                {{- end }}
                - { name: RETRIEVER_VERIFY_SINCE, valueFrom: { fieldRef: { fieldPath: "metadata.annotations['retriever.dev/verify-since']" } } }
              ports:
                - { name: report{{ include "retriever-sidecar.portSuffix" . }}, containerPort: 7091 }
              resources: {{ toYaml $.verify.resources | nindent 16 }}
              securityContext: {{ include "retriever-sidecar.security" . | nindent 16 }}
              volumeMounts:
                {{- include "retriever-sidecar.mounts" . | nindent 16 }}
                {{- with include "retriever-sidecar.tlsMounts" . }}
                {{- . | nindent 16 }}
                {{- end }}
                - { name: retriever-report, mountPath: /tmp }
          volumes:
            {{- include "retriever-sidecar.configVolumes" . | nindent 12 }}
            {{- with include "retriever-sidecar.tlsVolumes" . }}
            {{- . | nindent 12 }}
            {{- end }}
            - { name: retriever-report, emptyDir: {} }
---
# The operator's admission policy lets it make Jobs from the CronJobs named here, and no others.
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
    matchLabels: { app.kubernetes.io/component: retriever-verify, retriever.dev/workload: {{ include "retriever-sidecar.workload" . }} }
  policyTypes: [Ingress]
  ingress:
    - ports: [{ port: report{{ include "retriever-sidecar.portSuffix" . }} }]
      from:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ $.operator.namespace }} } }
{{- end -}}
