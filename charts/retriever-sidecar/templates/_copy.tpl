{{- /*
The suspended CronJob that the operator makes copies from, and what lets it do so. Its pods alone have the credential that
writes to the destination: nothing of it is given to the serving pods, and nothing of theirs to it.
*/ -}}
{{- define "retriever-sidecar.copy" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- $name := printf "%s-retriever-copy" (include "retriever-sidecar.workload" .) -}}
{{- if not (or $.copy.env $.copy.credentialsSecret) -}}
{{- fail "retriever-sidecar.copy: expected env or credentialsSecret with credentials of its own, of which one may write to the destination, got neither" -}}
{{- end -}}
{{- $parts := add1 (len $.copy.bounds) -}}
{{- $range := list -}}
{{- if gt $parts 1 -}}
{{- if $.copy.create -}}
{{- fail "retriever-sidecar.copy: expected no create beside bounds, got both: a part makes no destination" -}}
{{- end -}}
{{- $range = list "--range" (printf "$(JOB_COMPLETION_INDEX)/%d" $parts) "--bounds" (toJson $.copy.bounds | replace "$(" "$$(") -}}
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
      {{- if $range }}
      completionMode: Indexed
      # A part that fails ends no other.
      backoffLimitPerIndex: 0
      {{- else }}
      backoffLimit: 0
      {{- end }}
      activeDeadlineSeconds: {{ $.copy.activeDeadlineSeconds | int64 }}
      completions: {{ $parts }}
      parallelism: {{ min $.copy.parallelism $parts }}
      template:
        metadata:
          labels: { app.kubernetes.io/component: retriever-copy, retriever.dev/workload: {{ include "retriever-sidecar.workload" . }} }
        spec:
          restartPolicy: Never
          {{- with include "retriever-sidecar.jobPods" . }}
          {{- . | trim | nindent 10 }}
          {{- end }}
          automountServiceAccountToken: false
          securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, seccompProfile: { type: RuntimeDefault } }
          containers:
            - name: retriever-copy
              image: {{ include "retriever-sidecar.image" . }}
              imagePullPolicy: {{ $.image.pullPolicy }}
              # Young generations of 2 MB keep the process small, whatever the stores hold.
              command: [/usr/local/bin/node, --disable-sigusr1, --max-semi-space-size=2, /app/retriever-data/src/main.ts]
              args: {{ concat (list "copy" "--config" "/etc/retriever/config" "--budget" (print (int64 $.copy.budget)) "--lag" (print (int64 $.copy.lag)) "--termination-log" "/dev/termination-log") (ternary (list "--create") list $.copy.create) $range | toJson }}
              env:
                - { name: RETRIEVER_ALLOWED_HOSTS, value: {{ join "," $.allowedHosts | quote }} }
                {{- with $.copy.env }}
                {{- toYaml . | nindent 16 }}
                {{- end }}
              resources: {{ toYaml $.copy.resources | nindent 16 }}
              securityContext: {{ include "retriever-sidecar.security" . | nindent 16 }}
              volumeMounts:
                - { name: retriever-config, mountPath: /etc/retriever/config, readOnly: true }
                {{- if $.copy.credentialsSecret }}
                - { name: retriever-credentials, mountPath: /etc/retriever/credentials, readOnly: true }
                {{- end }}
          volumes:
            - name: retriever-config
              projected:
                sources:
                  - configMap: { name: {{ required "retriever-sidecar.base: expected the ConfigMap with the base, got none" $.base }} }
                  - configMap: { name: {{ include "retriever-sidecar.workload" . }}-retriever-migration, optional: true, items: [{ key: migration.json, path: migration.json }] }
            {{- if $.copy.credentialsSecret }}
            - { name: retriever-credentials, secret: { secretName: {{ $.copy.credentialsSecret }} } }
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
{{- end -}}
