//! A month as a Parquet file: every column as its row holds it, the payload as the bytes that are stored. A row group
//! holds events of one log in the order of positions, so that a reader finds a position by the groups' bounds.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, RowGroupReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use uuid::Uuid;

use crate::chain::RawEvent;

/// The columns, in the order of [`RawEvent`].
const SCHEMA: &str = "message event {
    required int32 log_id;
    required int64 pos;
    required int64 recorded_at (timestamp(micros, true));
    required fixed_len_byte_array(16) tenant_id (uuid);
    required int64 tenant_seq;
    required fixed_len_byte_array(16) stream_id (uuid);
    required binary stream_type (string);
    required int32 version;
    required fixed_len_byte_array(16) event_id (uuid);
    required binary event_type (string);
    required int32 schema_version;
    required fixed_len_byte_array(16) command_id (uuid);
    optional fixed_len_byte_array(16) correlation_id (uuid);
    optional fixed_len_byte_array(16) causation_id (uuid);
    optional binary actor (string);
    required binary payload (json);
}";

/// Places of the columns that are read alone.
const LOG_ID: usize = 0;
const POS: usize = 1;
const TENANT_ID: usize = 3;
const STREAM_ID: usize = 5;

/// Writes a file.
pub(crate) struct Writer {
    inner: SerializedFileWriter<File>,
}

impl Writer {
    /// Begins a file, instead of one that was left unfinished.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .build();
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let inner = SerializedFileWriter::new(File::create(path)?, schema, Arc::new(properties))?;
        Ok(Self { inner })
    }

    /// Writes events of one log, in order.
    pub(crate) fn group(&mut self, events: &[RawEvent]) -> Result<()> {
        let mut group = self.inner.next_row_group()?;
        let mut columns = Columns { group: &mut group, events };
        columns.required::<Int32Type>(|e| e.log_id)?;
        columns.required::<Int64Type>(|e| e.pos)?;
        columns.required::<Int64Type>(|e| e.recorded_at.timestamp_micros())?;
        columns.required::<FixedLenByteArrayType>(|e| id(e.tenant_id))?;
        columns.required::<Int64Type>(|e| e.tenant_seq)?;
        columns.required::<FixedLenByteArrayType>(|e| id(e.stream_id))?;
        columns.required::<ByteArrayType>(|e| text(&e.stream_type))?;
        columns.required::<Int32Type>(|e| e.version)?;
        columns.required::<FixedLenByteArrayType>(|e| id(e.event_id))?;
        columns.required::<ByteArrayType>(|e| text(&e.event_type))?;
        columns.required::<Int32Type>(|e| e.schema_version)?;
        columns.required::<FixedLenByteArrayType>(|e| id(e.command_id))?;
        columns.optional::<FixedLenByteArrayType>(|e| e.correlation_id.map(id))?;
        columns.optional::<FixedLenByteArrayType>(|e| e.causation_id.map(id))?;
        columns.optional::<ByteArrayType>(|e| e.actor.as_deref().map(text))?;
        columns.required::<ByteArrayType>(|e| text(&e.payload))?;
        group.close()?;
        Ok(())
    }

    /// Ends the file and waits until it is on the disk.
    pub(crate) fn finish(self) -> Result<()> {
        let file = self.inner.into_inner()?;
        Ok(file.sync_all()?)
    }
}

fn id(id: Uuid) -> FixedLenByteArray {
    ByteArray::from(id.as_bytes().to_vec()).into()
}

fn text(text: &str) -> ByteArray {
    text.as_bytes().to_vec().into()
}

/// The columns of a group on their way into the file, one after the other.
struct Columns<'a, 'g> {
    group: &'a mut SerializedRowGroupWriter<'g, File>,
    events: &'a [RawEvent],
}

impl Columns<'_, '_> {
    fn required<T: DataType>(&mut self, of: impl Fn(&RawEvent) -> T::T) -> Result<()> {
        let values: Vec<T::T> = self.events.iter().map(of).collect();
        self.write::<T>(&values, None)
    }

    fn optional<T: DataType>(&mut self, of: impl Fn(&RawEvent) -> Option<T::T>) -> Result<()> {
        let values: Vec<Option<T::T>> = self.events.iter().map(of).collect();
        let levels: Vec<i16> = values.iter().map(|value| value.is_some().into()).collect();
        let values: Vec<T::T> = values.into_iter().flatten().collect();
        self.write::<T>(&values, Some(&levels))
    }

    fn write<T: DataType>(&mut self, values: &[T::T], levels: Option<&[i16]>) -> Result<()> {
        let column = self.group.next_column()?;
        let mut column = column.ok_or_else(|| damaged("more columns than the schema has"))?;
        column.typed::<T>().write_batch(values, levels, None)?;
        column.close()
    }
}

/// A row group and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) index: usize,
    pub(crate) log: i32,
    pub(crate) first_pos: i64,
    pub(crate) last_pos: i64,
    pub(crate) rows: usize,
}

/// Reads a file.
pub(crate) struct Reader {
    inner: SerializedFileReader<File>,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let inner = SerializedFileReader::new(File::open(path)?)?;
        let schema = parse_message_type(SCHEMA)?;
        if inner.metadata().file_metadata().schema() != &schema {
            return Err(damaged("other columns than the archive has"));
        }
        Ok(Self { inner })
    }

    /// Returns the groups in order.
    pub(crate) fn groups(&self) -> Result<Vec<Group>> {
        let groups = self.inner.metadata().row_groups().iter().enumerate();
        let bounds = groups.map(|(index, group)| {
            let logs = group.column(LOG_ID).statistics();
            let places = group.column(POS).statistics();
            let (Some(Statistics::Int32(logs)), Some(Statistics::Int64(places))) = (logs, places)
            else {
                return None;
            };
            Some(Group {
                index,
                log: *logs.min_opt().filter(|min| Some(*min) == logs.max_opt())?,
                first_pos: *places.min_opt()?,
                last_pos: *places.max_opt()?,
                rows: usize::try_from(group.num_rows()).ok()?,
            })
        });
        let bounds: Option<Vec<Group>> = bounds.collect();
        bounds.ok_or_else(|| damaged("a group without bounds"))
    }

    /// Tells whether a group has an event that `pick` asks for.
    pub(crate) fn may_have(&self, group: Group, pick: Pick) -> Result<bool> {
        let (column, wanted) = match pick {
            Pick::All => return Ok(true),
            Pick::Tenant(tenant) => (TENANT_ID, tenant),
            Pick::Stream(_, stream) => (STREAM_ID, stream),
        };
        let rows = self.inner.get_row_group(group.index)?;
        let ids = Chunk { rows: &*rows, count: group.rows }.ids(column)?;
        Ok(ids.contains(&wanted))
    }

    /// Returns the events of a group, in order.
    pub(crate) fn events(&self, group: Group) -> Result<Vec<RawEvent>> {
        let rows = self.inner.get_row_group(group.index)?;
        let chunk = Chunk { rows: &*rows, count: group.rows };
        let mut log_id = chunk.required::<Int32Type>(LOG_ID)?.into_iter();
        let mut pos = chunk.required::<Int64Type>(POS)?.into_iter();
        let mut recorded_at = chunk.required::<Int64Type>(2)?.into_iter();
        let mut tenant_id = chunk.ids(TENANT_ID)?.into_iter();
        let mut tenant_seq = chunk.required::<Int64Type>(4)?.into_iter();
        let mut stream_id = chunk.ids(STREAM_ID)?.into_iter();
        let mut stream_type = chunk.texts(6)?.into_iter();
        let mut version = chunk.required::<Int32Type>(7)?.into_iter();
        let mut event_id = chunk.ids(8)?.into_iter();
        let mut event_type = chunk.texts(9)?.into_iter();
        let mut schema_version = chunk.required::<Int32Type>(10)?.into_iter();
        let mut command_id = chunk.ids(11)?.into_iter();
        let mut correlation_id = chunk.optional::<FixedLenByteArrayType>(12)?.into_iter();
        let mut causation_id = chunk.optional::<FixedLenByteArrayType>(13)?.into_iter();
        let mut actor = chunk.optional::<ByteArrayType>(14)?.into_iter();
        let mut payload = chunk.texts(15)?.into_iter();
        let mut next = || {
            Some(RawEvent {
                log_id: log_id.next()?,
                pos: pos.next()?,
                recorded_at: DateTime::from_timestamp_micros(recorded_at.next()?)?,
                tenant_id: tenant_id.next()?,
                tenant_seq: tenant_seq.next()?,
                stream_id: stream_id.next()?,
                stream_type: stream_type.next()?,
                version: version.next()?,
                event_id: event_id.next()?,
                event_type: event_type.next()?,
                schema_version: schema_version.next()?,
                command_id: command_id.next()?,
                correlation_id: transpose(correlation_id.next()?, |id| read_id(&id))?,
                causation_id: transpose(causation_id.next()?, |id| read_id(&id))?,
                actor: transpose(actor.next()?, |actor| read_text(&actor))?,
                payload: payload.next()?,
            })
        };
        let events: Vec<RawEvent> = std::iter::from_fn(&mut next).take(group.rows).collect();
        if events.len() == group.rows { Ok(events) } else { Err(damaged("values are missing")) }
    }
}

/// Which events of a range of positions are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pick {
    /// All of them.
    All,
    /// Those of a seller.
    Tenant(Uuid),
    /// Those of a seller's stream.
    Stream(Uuid, Uuid),
}

impl Pick {
    pub(crate) fn takes(self, event: &RawEvent) -> bool {
        match self {
            Self::All => true,
            Self::Tenant(tenant) => event.tenant_id == tenant,
            Self::Stream(tenant, stream) => (event.tenant_id, event.stream_id) == (tenant, stream),
        }
    }
}

/// The columns of a group on their way out of the file.
struct Chunk<'a> {
    rows: &'a dyn RowGroupReader,
    count: usize,
}

impl Chunk<'_> {
    fn required<T: DataType>(&self, column: usize) -> Result<Vec<T::T>> {
        let mut reader = get_typed_column_reader::<T>(self.rows.get_column_reader(column)?);
        let mut values = Vec::with_capacity(self.count);
        reader.read_records(self.count, None, None, &mut values)?;
        if values.len() == self.count { Ok(values) } else { Err(damaged("values are missing")) }
    }

    fn optional<T: DataType>(&self, column: usize) -> Result<Vec<Option<T::T>>> {
        let mut reader = get_typed_column_reader::<T>(self.rows.get_column_reader(column)?);
        let (mut levels, mut values) = (Vec::with_capacity(self.count), Vec::new());
        reader.read_records(self.count, Some(&mut levels), None, &mut values)?;
        let mut values = values.into_iter();
        Ok(levels.into_iter().map(|level| if level > 0 { values.next() } else { None }).collect())
    }

    fn ids(&self, column: usize) -> Result<Vec<Uuid>> {
        let values = self.required::<FixedLenByteArrayType>(column)?;
        let ids: Option<Vec<Uuid>> = values.iter().map(read_id).collect();
        ids.ok_or_else(|| damaged("an id of another length"))
    }

    fn texts(&self, column: usize) -> Result<Vec<String>> {
        let values = self.required::<ByteArrayType>(column)?;
        let texts: Option<Vec<String>> = values.iter().map(read_text).collect();
        texts.ok_or_else(|| damaged("a text that is not UTF-8"))
    }
}

fn read_id(id: &FixedLenByteArray) -> Option<Uuid> {
    Uuid::from_slice(id.data()).ok()
}

fn read_text(text: &ByteArray) -> Option<String> {
    String::from_utf8(text.data().to_vec()).ok()
}

/// Reads a value where there is one; none only if it cannot be read.
#[expect(clippy::option_option, reason = "a missing value is not one that cannot be read")]
fn transpose<V, T>(value: Option<V>, read: impl Fn(V) -> Option<T>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(value) => read(value).map(Some),
    }
}

fn damaged(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}
