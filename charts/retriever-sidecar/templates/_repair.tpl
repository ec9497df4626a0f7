{{- /*
The suspended CronJob that the operator makes repairs from after a late rollback, and what lets it do so. Its pods have the
credential that writes to the source: nothing of it is given to the serving pods, and nothing of theirs to it.
*/ -}}
{{- define "retriever-sidecar.repair" -}}
{{- $ := index .Values "retriever-sidecar" -}}
{{- $name := printf "%s-retriever-repair" (include "retriever-sidecar.workload" .) -}}
{{- $drift := printf "%s-retriever-drift" (include "retriever-sidecar.workload" .) -}}
{{- if not (or $.repair.env $.repair.credentialsSecret) -}}
{{- fail "retriever-sidecar.repair: expected env or credentialsSecret with credentials of its own, of which one may write to the source, got neither" -}}
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
      activeDeadlineSeconds: {{ $.repair.activeDeadlineSeconds | int64 }}
      completions: 1
      parallelism: 1
      template:
        metadata:
          labels: { app.kubernetes.io/component: retriever-repair, retriever.dev/workload: {{ include "retriever-sidecar.workload" . }} }
        spec:
          restartPolicy: Never
          {{- with include "retriever-sidecar.jobPods" . }}
          {{- . | trim | nindent 10 }}
          {{- end }}
          automountServiceAccountToken: false
          securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, seccompProfile: { type: RuntimeDefault } }
          containers:
            - name: retriever-repair
              image: {{ include "retriever-sidecar.image" . }}
              imagePullPolicy: {{ $.image.pullPolicy }}
              # Young generations of 2 MB keep the process small, whatever the stores hold.
              command: [/usr/local/bin/node, --disable-sigusr1, --max-semi-space-size=2, /app/retriever-data/src/main.ts]
              args: {{ list "verify" "--config" "/etc/retriever/config" "--repair" "/etc/retriever/drift" "--digest" "$(RETRIEVER_REPAIR_DIGEST)" "--direction" "destination-to-source" "--yes" "--budget" (print (int64 $.repair.budget)) "--termination-log" "/dev/termination-log" | toJson }}
              env:
                # The report that a person agreed to.
                - { name: RETRIEVER_REPAIR_DIGEST, valueFrom: { fieldRef: { fieldPath: "metadata.annotations['retriever.dev/repair-digest']" } } }
                - { name: RETRIEVER_ALLOWED_HOSTS, value: {{ join "," $.allowedHosts | quote }} }
                {{- with $.repair.env }}
                {{- toYaml . | nindent 16 }}
                {{- end }}
              resources: {{ toYaml $.repair.resources | nindent 16 }}
              securityContext: {{ include "retriever-sidecar.security" . | nindent 16 }}
              volumeMounts:
                - { name: retriever-config, mountPath: /etc/retriever/config, readOnly: true }
                - { name: retriever-drift, mountPath: /etc/retriever/drift, readOnly: true }
                {{- if $.repair.credentialsSecret }}
                - { name: retriever-credentials, mountPath: /etc/retriever/credentials, readOnly: true }
                {{- end }}
          volumes:
            - name: retriever-config
              projected:
                sources:
                  - configMap: { name: {{ required "retriever-sidecar.base: expected the ConfigMap with the base, got none" $.base }} }
                  # The overlay of the rollback, as the operator puts it beside the reports.
                  - configMap: { name: {{ $drift }}, optional: true, items: [{ key: migration.json, path: migration.json }] }
            - { name: retriever-drift, configMap: { name: {{ $drift }}, optional: true } }
            {{- if $.repair.credentialsSecret }}
            - { name: retriever-credentials, secret: { secretName: {{ $.repair.credentialsSecret }} } }
            {{- end }}
---
# Whoever may bind this says that the operator may have the source written to.
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
