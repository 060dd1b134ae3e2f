//! Roles and permissions as the API's description has them. They go by the names that the domain gives them.

use std::borrow::Cow;

use domain::access::{Permission, Role};
use strum::IntoEnumIterator as _;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// One of [`Role`].
pub(crate) struct RoleName;

/// One of [`Permission`].
pub(crate) struct PermissionName;

impl PartialSchema for RoleName {
    fn schema() -> RefOr<Schema> {
        one_of("A role that every seller has.", Role::iter().map(Role::as_str))
    }
}

impl ToSchema for RoleName {
    fn name() -> Cow<'static, str> {
        "Role".into()
    }
}

impl PartialSchema for PermissionName {
    fn schema() -> RefOr<Schema> {
        one_of(
            "Something that a person may be allowed to do.",
            Permission::iter().map(Permission::as_str),
        )
    }
}

impl ToSchema for PermissionName {
    fn name() -> Cow<'static, str> {
        "Permission".into()
    }
}

fn one_of(description: &str, names: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(names))
        .into()
}
