#![allow(warnings)]
use domain::value::*;
use eventlog::*;
use serde_json::json;
use std::time::{Duration, Instant};
use uuid::Uuid;
#[tokio::main(worker_threads = 2)]
async fn main() {
    let url = std::env::args().nth(1).unwrap();
    let db = Db::connect(&url, DbOptions::default()).await.unwrap();
    migrate(&db).await.unwrap();
    let keys = SubjectKeys::new(
        db.clone(),
        MasterKeys::new(
            MasterKey::from_base64("t", &"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into())
                .unwrap(),
            vec![],
        ),
    );
    let inflight: usize = std::env::args().nth(2).map_or(4, |x| x.parse().unwrap());
    for personal in [false, true] {
        for tenants in [16u32, 1] {
            for clients in [1usize, 32, 256] {
                let log = EventLog::new(
                    db.clone(),
                    keys.clone(),
                    AppenderOptions { calls_in_flight_max: inflight, ..Default::default() },
                );
                let ids: Vec<TenantId> = (0..tenants).map(|_| TenantId(Uuid::new_v4())).collect();
                for t in &ids {
                    log.log_of(*t).await.unwrap();
                }
                let started = Instant::now();
                let tasks: Vec<_> = (0..clients).map(|c| { let log = log.clone(); let t = ids[c % ids.len()]; let ids = ids.clone(); tokio::spawn(async move {
                let mut n = 0u64; let mut lat = vec![];
                while started.elapsed() < Duration::from_secs(3) {
                    let s = Uuid::new_v4();
                    let text = "Платье хорошее, но маломерит. ".repeat(8);
                    let words = if personal { json!({"$personal": {"text": text}}) } else { json!({"text": text}) };
                    let at = Instant::now();
                    let out = log.append(NewEvents { tenant: ids[(n as usize + c) % ids.len()], stream: StreamId(s), stream_type: "interaction", expected: Expected::Version(0), command_id: Uuid::new_v4(), correlation_id: None, causation_id: None, actor: Some("system:bench".into()), subject: s,
                        events: vec![NewEvent { event_type: "Ingested".into(), schema_version: 1, payload: json!({"type":"Ingested","rating":5,"product":{"article":"123456","name":"Платье"},"words":words}) }] }).await.unwrap();
                    assert!(matches!(out, Appended::Done(_)));
                    lat.push(at.elapsed().as_micros() as u64);
                    n += 1;
                }
                (n, lat)
            })}).collect();
                let mut n = 0;
                let mut lat = vec![];
                for t in tasks {
                    let (a, l) = t.await.unwrap();
                    n += a;
                    lat.extend(l);
                }
                let secs = started.elapsed().as_secs_f64();
                lat.sort();
                println!(
                    "personal={personal} tenants={tenants} clients={clients} events/s={:.0} p50={}us p99={}us",
                    n as f64 / secs,
                    lat[lat.len() / 2],
                    lat[lat.len() * 99 / 100]
                );
            }
        }
    }
}
