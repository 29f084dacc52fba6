package main

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Fields of custom resources, as facts from their definitions; whatever is not listed here is refused.

// server has the fields of Seldon Core 2.10's Server (operator/apis/mlops/v1alpha1/server_types.go), but for its status,
// imageOverrides and deploymentStrategy. Its podSpec is a PodSpec of core/v1 with some fields less; see podSpec.
type server struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		ServerConfig      string   `json:"serverConfig"`
		ExtraCapabilities []string `json:"extraCapabilities"`
		Capabilities      []string `json:"capabilities"`
		PodSpec           *podSpec `json:"podSpec"`
		Replicas          *int32   `json:"replicas"`
		MinReplicas       *int32   `json:"minReplicas"`
		MaxReplicas       *int32   `json:"maxReplicas"`
		DisableAutoUpdate bool     `json:"disableAutoUpdate"`

		Retention *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy `json:"statefulSetPersistentVolumeClaimRetentionPolicy"`
	} `json:"spec"`
}

// podSpec is what a Server may say of its pods (operator/apis/mlops/v1alpha1/podspec.go of Seldon Core 2.10): the
// PodSpec of core/v1 without ephemeralContainers, schedulingGates, hostUsers, os and all that came later.
type podSpec struct {
	Volumes                       []corev1.Volume                   `json:"volumes"`
	InitContainers                []corev1.Container                `json:"initContainers"`
	Containers                    []corev1.Container                `json:"containers"`
	RestartPolicy                 corev1.RestartPolicy              `json:"restartPolicy"`
	TerminationGracePeriodSeconds *int64                            `json:"terminationGracePeriodSeconds"`
	DNSPolicy                     corev1.DNSPolicy                  `json:"dnsPolicy"`
	NodeSelector                  map[string]string                 `json:"nodeSelector"`
	ServiceAccountName            string                            `json:"serviceAccountName"`
	AutomountServiceAccountToken  *bool                             `json:"automountServiceAccountToken"`
	ShareProcessNamespace         *bool                             `json:"shareProcessNamespace"`
	SecurityContext               *corev1.PodSecurityContext        `json:"securityContext"`
	ImagePullSecrets              []corev1.LocalObjectReference     `json:"imagePullSecrets"`
	Affinity                      *corev1.Affinity                  `json:"affinity"`
	SchedulerName                 string                            `json:"schedulerName"`
	Tolerations                   []corev1.Toleration               `json:"tolerations"`
	HostAliases                   []corev1.HostAlias                `json:"hostAliases"`
	PriorityClassName             string                            `json:"priorityClassName"`
	DNSConfig                     *corev1.PodDNSConfig              `json:"dnsConfig"`
	ReadinessGates                []corev1.PodReadinessGate         `json:"readinessGates"`
	RuntimeClassName              *string                           `json:"runtimeClassName"`
	TopologySpreadConstraints     []corev1.TopologySpreadConstraint `json:"topologySpreadConstraints"`
}

func (s *server) missing() []string {
	if s.Spec.ServerConfig == "" {
		return []string{`required field "spec.serverConfig"`}
	}
	return nil
}

// serverConfig has the fields of Seldon Core 2.10's ServerConfig (operator/apis/mlops/v1alpha1/serverconfig_types.go).
type serverConfig struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		PodSpec              corev1.PodSpec `json:"podSpec"`
		VolumeClaimTemplates []struct {
			Name string                           `json:"name"`
			Spec corev1.PersistentVolumeClaimSpec `json:"spec"`
		} `json:"volumeClaimTemplates"`
	} `json:"spec"`
}

// podMonitor has those fields of the Prometheus operator's PodMonitor (monitoring.coreos.com/v1) that the chart uses.
type podMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		Selector          metav1.LabelSelector `json:"selector"`
		NamespaceSelector struct {
			Any        bool     `json:"any"`
			MatchNames []string `json:"matchNames"`
		} `json:"namespaceSelector"`
		PodMetricsEndpoints []struct {
			Port     string `json:"port"`
			Path     string `json:"path"`
			Interval string `json:"interval"`
		} `json:"podMetricsEndpoints"`
	} `json:"spec"`
}

// prometheusRule has the fields of the Prometheus operator's PrometheusRule (monitoring.coreos.com/v1).
type prometheusRule struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		Groups []struct {
			Name     string            `json:"name"`
			Interval string            `json:"interval"`
			Labels   map[string]string `json:"labels"`
			Rules    []struct {
				Alert         string            `json:"alert"`
				Record        string            `json:"record"`
				Expr          string            `json:"expr"`
				For           string            `json:"for"`
				KeepFiringFor string            `json:"keep_firing_for"`
				Labels        map[string]string `json:"labels"`
				Annotations   map[string]string `json:"annotations"`
			} `json:"rules"`
		} `json:"groups"`
	} `json:"spec"`
}
