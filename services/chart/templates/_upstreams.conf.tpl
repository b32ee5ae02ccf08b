{{/* upstreams.conf: all settings of nginx that depend on the environment. The other files are in the image. */}}
{{- define "chart.upstreams" -}}
# The address of a Service stays the same, and the cluster decides which pods are behind it: so nginx never marks it as down
# (max_fails=0). It is named twice, because nginx tries each server once: a second try may reach another pod.
# An open connection stays with its pod, also while that pod ends. So nginx uses none for longer than 3 s: a process that closes
# its connections at the end of preStop would else close some under a POST, which nginx never sends again.
{{- range tuple "auth" "customers" }}
upstream {{ . }} {
  zone {{ . }} 256k;
  server {{ $.Release.Name }}-{{ . }}:8080 max_fails=0;
  server {{ $.Release.Name }}-{{ . }}:8080 max_fails=0;
  keepalive 32;
  keepalive_time 2s;
  keepalive_timeout 1s; # without requests
}
{{- end }}
server {
  listen 8080 default_server backlog=4096;
  root /etc/nginx/html;
  access_log /dev/stdout json;
  {{- range .Values.gateway.trustedProxies }}
  set_real_ip_from {{ . }};
  {{- end }}
  {{- if .Values.gateway.trustedProxies }}
  real_ip_header X-Forwarded-For;
  {{- end }}
  include gateway.conf;
}
server {
  listen 9464;
  root /etc/nginx/metrics;
  include metrics.conf;
  location = /livez {
    return 200 "alive\n";
  }
}
{{- end }}
