{{/* The labels by which Services, policies and budgets find the pods of a component: (list $ "auth"). */}}
{{- define "chart.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* The labels of every object. Pods have only the selector: a new version of the chart alone must not restart them. */}}
{{- define "chart.labels" -}}
{{- $root := index . 0 -}}
{{ include "chart.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- end }}

{{/* (list $ .Values.auth.image) */}}
{{- define "chart.image" -}}
{{- $image := index . 1 -}}
{{ $image.repository }}:{{ $image.tag | default (index . 0).Chart.AppVersion }}
{{- end }}

{{/*
A new pod serves before an old one stops. minReadySeconds gives all nodes the time to learn the address of the new pod, and a
proxy that counts failures, as nginx with fail_timeout=5s, the time to try it again.
*/}}
{{- define "chart.rollout" -}}
strategy:
  type: RollingUpdate
  rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
minReadySeconds: 6
{{- end }}

{{/* (list $ "auth" 1000): the rest of a pod, with the user of its image. */}}
{{- define "chart.pod" -}}
{{- $root := index . 0 -}}
{{- $user := index . 2 -}}
automountServiceAccountToken: false
enableServiceLinks: false # else each Service would be a set of environment variables
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ $user }}
  runAsGroup: {{ $user }}
  fsGroup: {{ $user }}
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/*
Spreads the pods of one version over nodes and zones. A node that takes no new pods does not count: else a drain of one of two
nodes would leave the new pod without a place.
*/}}
{{- define "chart.spread" -}}
topologySpreadConstraints:
  - topologyKey: kubernetes.io/hostname
    maxSkew: 1
    whenUnsatisfiable: DoNotSchedule
    nodeTaintsPolicy: Honor
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels: {{- include "chart.selector" . | nindent 8 }}
  - topologyKey: topology.kubernetes.io/zone
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels: {{- include "chart.selector" . | nindent 8 }}
{{- end }}

{{- define "chart.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/*
A pod that ends is no longer among the endpoints of its Service, but the nodes learn that later. So it serves on for
preStopSeconds; then a service finishes its requests in at most 10 s.
*/}}
{{- define "chart.gracePeriod" -}}
terminationGracePeriodSeconds: {{ add .preStopSeconds 22 }}
{{- end }}
{{- define "chart.preStop" -}}
lifecycle:
  preStop: { sleep: { seconds: {{ .preStopSeconds }} } }
{{- end }}

{{/*
A pod gets its first request after its stores have answered once. Later a store that is away takes no pod out: all pods would
leave together, and clients would get no answer instead of a quick 503 with a reason. A process that answers nothing for 15 s
gets no requests, and after a minute it is restarted.
*/}}
{{- define "chart.serviceProbes" -}}
startupProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 2
  timeoutSeconds: 3
  failureThreshold: 300 # ten minutes, then the process starts again
readinessProbe:
  httpGet: { path: /livez, port: http }
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 3
livenessProbe:
  httpGet: { path: /livez, port: http }
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 6
{{- end }}

{{/* The settings that both services have. */}}
{{- define "chart.serviceEnv" -}}
- { name: HOST, value: 0.0.0.0 }
- { name: PORT, value: "8080" }
- { name: METRICS_PORT, value: "9464" }
- { name: DATABASE_URL_FILE, value: /run/secrets/database-url }
{{- if .Values.settings.DATABASE_POOLER }}
- { name: DATABASE_DIRECT_URL_FILE, value: /run/secrets/database-direct-url }
{{- end }}
- { name: REDIS_URL_FILE, value: /run/secrets/redis-url }
{{- if .Values.redisSentinelPassword }}
- { name: REDIS_SENTINEL_PASSWORD_FILE, value: /run/secrets/redis-sentinel-password }
{{- end }}
{{- if .Values.dpopRedisUrl }}
- { name: DPOP_REDIS_URL_FILE, value: /run/secrets/dpop-redis-url }
{{- end }}
{{- range $name, $value := .Values.settings }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}

{{/* The keys of the Secret of each service. */}}
{{- define "chart.serviceKeys" -}}
database-url redis-url
{{- if .Values.settings.DATABASE_POOLER }} database-direct-url{{ end }}
{{- if .Values.redisSentinelPassword }} redis-sentinel-password{{ end }}
{{- if .Values.dpopRedisUrl }} dpop-redis-url{{ end }}
{{- end }}

{{/*
A volume with only these keys of a Secret, whose names are separated by a space. A key that is missing stops the pod before it
starts, with an event.
*/}}
{{- define "chart.secret" -}}
- name: secrets
  secret:
    secretName: {{ index . 0 }}
    defaultMode: 0440
    items:
      {{- range index . 1 | splitList " " }}
      - { key: {{ . }}, path: {{ . }} }
      {{- end }}
{{- end }}

{{- define "chart.secretMount" -}}
volumeMounts:
  - { name: secrets, mountPath: /run/secrets, readOnly: true }
{{- end }}

{{- define "chart.scrapeAnnotations" -}}
{{- if eq .Values.metrics.discovery "annotations" -}}
prometheus.io/scrape: "true"
prometheus.io/port: "9464"
{{- end }}
{{- end }}

{{- define "chart.jobResources" -}}
resources:
  requests: { cpu: 100m, memory: 128Mi }
  limits: { memory: 256Mi }
{{- end }}
