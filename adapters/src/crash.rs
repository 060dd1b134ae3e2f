//! Places on a reply's way where a test lets the process die. Debug builds only: a release has none.

use std::fs;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use domain::InteractionId;

/// A folder in which a file named `<place>=<interaction>` lets one process die, the first that gets there.
const PLACES: &str = "AGENTIQ_CRASH_PLACES";

/// How long a call is under way before the process may die in it: the marketplace has it by then.
const IN_CALL: Duration = Duration::from_millis(300);

/// Dies here, if that is what a test wants.
pub(crate) fn at(place: &str, interaction: InteractionId) {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    if !cfg!(debug_assertions) {
        return;
    }
    let folder = FOLDER.get_or_init(|| std::env::var_os(PLACES).map(PathBuf::from));
    let file = folder.as_ref().map(|folder| folder.join(format!("{place}={interaction}")));
    if file.is_some_and(|file| fs::remove_file(file).is_ok()) {
        std::process::abort();
    }
}

/// Makes a call, and dies while it is under way, if that is what a test wants.
pub(crate) async fn within<T>(
    place: &str,
    interaction: InteractionId,
    call: impl Future<Output = T>,
) -> T {
    let mut call = pin!(call);
    if cfg!(debug_assertions) {
        match tokio::time::timeout(IN_CALL, &mut call).await {
            Ok(answer) => return answer,
            Err(_) => at(place, interaction),
        }
    }
    call.await
}
