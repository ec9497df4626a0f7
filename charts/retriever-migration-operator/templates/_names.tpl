{{- /* Names, labels, images: what several templates say. */ -}}

{{- define "retriever.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else if hasPrefix .Release.Name .Chart.Name -}}
{{- .Chart.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "retriever.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "retriever.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "retriever.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "retriever.fullname" .) -}}
{{- end -}}

{{- /* The operator as the API server knows it. */ -}}
{{- define "retriever.userName" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "retriever.serviceAccount" . }}
{{- end -}}

{{- /* The operators of this cluster, as a list in CEL. */ -}}
{{- define "retriever.operators" -}}
{{- $users := prepend (.Values.admissionPolicies.operatorAccounts | default list) (include "retriever.userName" .) | uniq -}}
['{{ join "', '" $users }}']
{{- end -}}

{{- /* In CEL: neither an operator nor break-glass asks. */ -}}
{{- define "retriever.isStranger" -}}
!(request.userInfo.username in {{ include "retriever.operators" . }}) && !(has(request.userInfo.groups) && '{{ .Values.admissionPolicies.breakGlassGroup }}' in request.userInfo.groups)
{{- end -}}

{{- define "retriever.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository: expected where the image is, such as registry.example/retriever/retriever-operator, got none" $image.repository -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository ($image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- /* Cluster-scoped names carry the namespace, so that two releases don't meet. */ -}}
{{- define "retriever.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "retriever.fullname" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* The admission policies, and their bindings of the same names, by commas. */ -}}
{{- define "retriever.policies" -}}
{{- $name := include "retriever.clusterName" . -}}
{{- $own := list "pods" "configmaps" "events" "migrations" "jobs" "jobs-equal" "writers" "overlay-name" "overlay-epoch" "act-uid" "freeze-target" "freeze-base" "pod-owners" "job-owners" "rollback-path" -}}
{{- if include "retriever.hasPolicyKind" . }}{{ $own = append $own "migration-policy" }}{{ end -}}
{{- $names := list "retriever-act-identity" -}}
{{- range $own }}{{ $names = append $names (printf "%s-%s" $name .) }}{{ end -}}
{{- join "," $names -}}
{{- end -}}

{{- /* Not empty where the API serves RetrieverMigrationPolicies, or will with this release: a policy of another's kind would refuse every migration. */ -}}
{{- define "retriever.hasPolicyKind" -}}
{{- if or .Values.crds.create (.Capabilities.APIVersions.Has "retriever.dev/v1alpha1/RetrieverMigrationPolicy") }}yes{{ end -}}
{{- end -}}

{{- define "retriever.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "retriever.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- /* A pod of the command line under an account that only reads: hooks and tests. `.words` are its arguments. */ -}}
{{- define "retriever.cliPod" -}}
{{- $ := .root -}}
restartPolicy: Never
serviceAccountName: {{ include "retriever.fullname" $ }}-check
automountServiceAccountToken: true
{{- with $.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext: {{ include "retriever.podSecurity" $ | nindent 2 }}
containers:
  - name: kubectl-retriever
    image: {{ include "retriever.image" $ }}
    imagePullPolicy: {{ $.Values.image.pullPolicy }}
    command: [/usr/local/bin/node, --disable-sigusr1, /app/kubectl-retriever/src/main.ts]
    args: {{ toJson .words }}
    resources:
      requests: { cpu: 50m, memory: 96Mi }
      limits: { memory: 256Mi }
    securityContext: {{ include "retriever.containerSecurity" $ | nindent 6 }}
{{- with $.Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $.Values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $.Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Arguments of `kubectl-retriever check` for what this release watches. */ -}}
{{- define "retriever.checkWords" -}}
{{- $words := list "check" -}}
{{- range .Values.namespaces }}{{ $words = append $words "--in" }}{{ $words = append $words . }}{{ end -}}
{{- if eq .Values.settings.actIdentity "trusted" }}{{ $words = concat $words (list "--act-identity" "trusted") }}{{ end -}}
{{- toJson $words -}}
{{- end -}}

{{- /* Projected sources of the file of Prometheus servers; empty: none. */ -}}
{{- define "retriever.prometheusFiles" -}}
{{- $sources := list -}}
{{- with .Values.prometheus.configMapName }}{{ $sources = append $sources (printf "{ configMap: { name: %s } }" .) }}{{ end -}}
{{- with .Values.prometheus.secretName }}{{ $sources = append $sources (printf "{ secret: { name: %s } }" .) }}{{ end -}}
{{- join ", " $sources -}}
{{- end -}}
