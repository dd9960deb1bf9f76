//! What one test counts.

use metrics::{LocalRecorderGuard, set_default_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// The counters of the houses that this test opened from now on, apart from other tests': a test's
/// tasks all run on its own thread, and so does this recorder.
pub struct Counted {
    handle: PrometheusHandle,
    _guard: LocalRecorderGuard<'static>,
}

impl Counted {
    /// Counts what this thread does.
    pub fn here() -> Self {
        let recorder: &'static PrometheusRecorder =
            Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
        Self {
            handle: recorder.handle(),
            _guard: set_default_local_recorder(recorder),
        }
    }

    /// What a gauge stands at; none before it was set.
    pub fn gauge(&self, series: &str) -> Option<u64> {
        let rendered = self.handle.render();
        let mut lines = rendered.lines();
        lines.find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }

    /// How often a service did not believe a claim for this reason.
    pub fn failed(&self, reason: &str, service: &str) -> u64 {
        failed(&self.handle.render(), reason, service)
    }

    /// How often a service could not tell whether a claim holds for this reason.
    pub fn unjudged(&self, reason: &str, service: &str) -> u64 {
        count(
            "brand_check_unavailable_total",
            &self.handle.render(),
            reason,
            service,
        )
    }
}

/// The same, read from `/metrics`.
pub fn failed(metrics: &str, reason: &str, service: &str) -> u64 {
    count("brand_resolution_failed_total", metrics, reason, service)
}

fn count(counter: &str, metrics: &str, reason: &str, service: &str) -> u64 {
    let counter = format!("{counter}{{");
    let (reason, service) = (format!("reason=\"{reason}\""), format!("service=\"{service}\""));
    metrics
        .lines()
        .filter(|line| line.starts_with(&counter) && line.contains(&reason) && line.contains(&service))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}
