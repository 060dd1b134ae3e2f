//! The database's folder: what is where, whose it is, and how the server's programs are started on it.
//!
//! Under `<data-dir>/postgres`: `data`, what PostgreSQL keeps; `socket`, where it is reached; `log`, what it said since
//! it was started, and `log.previous`.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::OwnPostgresError;
use super::user::ServerUser;
use super::{OwnPostgresOptions, binaries};

/// Name of the database and of its owner.
const NAME: &str = "agentiq";
/// Part of the socket's name, also where no port is listened on.
const PORT: u16 = 5432;
/// What the kernel takes as a socket's path, without the final zero byte.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// One database's folder and what runs on it.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) options: OwnPostgresOptions,
    pub(super) data: PathBuf,
    pub(super) log: PathBuf,
    socket_directory: PathBuf,
    bin_dir: PathBuf,
    user: ServerUser,
    /// Whether the server's user can pass the folders above the data. Root's home, for one, it cannot.
    reachable: bool,
}

impl Cluster {
    /// Looks at the folder and prepares all that the server needs besides its data.
    pub(super) fn open(
        data_dir: &Path,
        options: OwnPostgresOptions,
    ) -> Result<Self, OwnPostgresError> {
        let data_dir = data_dir.canonicalize().map_err(OwnPostgresError::io("find", data_dir))?;
        let home = data_dir.join("postgres");
        fs::create_dir_all(&home).map_err(OwnPostgresError::io("make", &home))?;
        let data = home.join("data");
        let user = ServerUser::of(&data)?;
        let reachable = user.can_enter(&home);
        Ok(Self {
            bin_dir: binaries::find(&data, options.bin_dir.as_deref())?,
            socket_directory: socket_directory(&home, user, reachable)?,
            log: home.join("log"),
            options,
            data,
            user,
            reachable,
        })
    }

    /// Sets up a new database if there is none. Interrupted, it starts over the next time.
    pub(super) async fn init(&self) -> Result<(), OwnPostgresError> {
        if self.data.exists() {
            return Ok(());
        }
        let unfinished = self.data.with_file_name("data.new");
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(OwnPostgresError::io("remove", &unfinished)(error));
            }
            Ok(()) | Err(_) => (),
        }
        private_directory(&unfinished).map_err(OwnPostgresError::io("make", &unfinished))?;
        self.user.give(&unfinished)?;

        let mut initdb = self.command("initdb", &unfinished)?;
        // Order by code point does not change with the system's libraries, which would silently break indexes; this
        // locale still knows upper and lower case of every script. Who needs another order names it in the query.
        initdb.args(["--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--data-checksums"]);
        initdb.args(["--no-instructions", "--username", NAME]);
        let output = tokio::process::Command::from(initdb)
            .kill_on_drop(true)
            .output()
            .await
            .map_err(OwnPostgresError::io("run", &self.bin_dir.join("initdb")))?;
        if !output.status.success() {
            return Err(OwnPostgresError::Init {
                directory: unfinished,
                output: last_words(&String::from_utf8_lossy(&output.stderr)),
            });
        }
        fs::rename(&unfinished, &self.data).map_err(OwnPostgresError::io("rename", &unfinished))
    }

    /// The server's command line.
    pub(super) fn server_command(&self) -> Result<Command, OwnPostgresError> {
        let mut server = self.command("postgres", &self.data)?;
        let connections = self.options.max_connections.to_string();
        let socket_directory = self.socket_directory.to_string_lossy();
        for (setting, value) in [
            ("listen_addresses", ""),
            ("unix_socket_directories", &socket_directory),
            ("unix_socket_permissions", "0700"),
            ("port", &PORT.to_string()),
            ("max_connections", &connections),
            ("shared_buffers", "128MB"),
            // An answer that was given must outlive a power cut.
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
            ("log_checkpoints", "off"),
            // A failed statement and the row it failed on hold a buyer's words, which no log may.
            ("log_error_verbosity", "terse"),
            ("log_min_error_statement", "panic"),
        ] {
            server.arg("-c").arg(format!("{setting}={value}"));
        }
        Ok(server)
    }

    /// Where to connect, as sqlx and `psql` understand it.
    pub(super) fn url(&self) -> String {
        let host: String = self.socket_directory.as_os_str().as_bytes().iter().fold(
            String::new(),
            |mut escaped, byte| {
                match byte {
                    b'/' | b'.' | b'-' | b'_' => escaped.push(char::from(*byte)),
                    byte if byte.is_ascii_alphanumeric() => escaped.push(char::from(*byte)),
                    byte => escaped.push_str(&format!("%{byte:02X}")),
                }
                escaped
            },
        );
        format!("postgres:///{NAME}?host={host}&port={PORT}&user={NAME}")
    }

    /// Removes what a server that did not stop in order left where the next one will put its socket.
    pub(super) fn clear_socket_directory(&self) -> Result<(), OwnPostgresError> {
        let directory = &self.socket_directory;
        let entries = fs::read_dir(directory).map_err(OwnPostgresError::io("read", directory))?;
        for entry in entries.flatten() {
            let path = entry.path();
            fs::remove_file(&path).map_err(OwnPostgresError::io("remove", &path))?;
        }
        Ok(())
    }

    /// One of the server's programs, as its user, told its data directory.
    ///
    /// It gets a process group of its own: Ctrl-C at the terminal is for agentiq, which stops the server when its own
    /// work is done.
    fn command(&self, program: &str, data: &Path) -> Result<Command, OwnPostgresError> {
        let program = self.bin_dir.join(program);
        let mut command = if self.reachable {
            let mut command = self.user.command(&program);
            command.stdin(Stdio::null()).arg("-D").arg(data);
            command
        } else {
            // The server's user may not pass the folders above, but it may use a folder that it is handed open: as
            // descriptor 7, which the server's own processes inherit from each other and leave alone.
            let opened = File::open(data).map_err(OwnPostgresError::io("open", data))?;
            let mut command = self.user.command(Path::new("/bin/sh"));
            command.args(["-c", r#"exec "$@" 7<&0 </dev/null"#, "sh"]);
            command.stdin(opened).arg(program).args(["-D", "/proc/self/fd/7"]);
            command
        };
        for (name, _) in std::env::vars_os() {
            // What is set for clients (PGPORT, PGOPTIONS, PGDATA…) is not meant for this server.
            if name.as_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.env("LC_ALL", "C.UTF-8").current_dir("/");
        Ok(command)
    }
}

impl Drop for Cluster {
    /// The socket's folder is made at each start, and may be in `/tmp`; with a server still in it, it stays.
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.socket_directory);
    }
}

/// The end of what a program said, on one line.
pub(super) fn last_words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(5)..].join("; ")
}

/// Beside the data where that is possible, else in `/tmp`: a folder that only the server's user may enter.
fn socket_directory(
    home: &Path,
    user: ServerUser,
    reachable: bool,
) -> Result<PathBuf, OwnPostgresError> {
    let beside = home.join("socket");
    let socket_bytes = beside.as_os_str().len() + format!("/.s.PGSQL.{PORT}").len();
    let named_in_settings = beside.to_str().is_some_and(|path| !path.contains([',', '"']));
    let directory = if reachable && named_in_settings && socket_bytes <= SOCKET_PATH_BYTES_MAX {
        beside
    } else {
        let home = fs::metadata(home).map_err(OwnPostgresError::io("look at", home))?;
        PathBuf::from(format!("/tmp/agentiq-{:x}-{:x}", home.dev(), home.ino()))
    };
    match private_directory(&directory) {
        Ok(()) => user.give(&directory)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // Anybody may have made it, in /tmp: it must be a folder, no link to one, and closed to all but its owner.
            let found = fs::symlink_metadata(&directory)
                .map_err(OwnPostgresError::io("look at", &directory))?;
            let is_private = found.is_dir() && found.mode() & 0o077 == 0;
            if !is_private || found.uid() != user.uid {
                return Err(OwnPostgresError::SocketDirectory { directory });
            }
        }
        Err(error) => return Err(OwnPostgresError::io("make", &directory)(error)),
    }
    Ok(directory)
}

fn private_directory(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}
