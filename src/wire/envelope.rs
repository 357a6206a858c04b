//! `{ kind, version, body }`: how anything that may change with a release is carried.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A body of a known or unknown kind. Kept as bytes by who does not know it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Envelope {
    pub kind: u16,
    pub version: u8,
    pub body: Vec<u8>,
}

/// Why an envelope could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unpack {
    /// A kind or version of a newer release: keep the bytes, count it, say so.
    #[error("needs a newer version")]
    Unknown,
    /// A known kind whose body is not what it should be.
    #[error("malformed")]
    Malformed,
}

/// What can be put into an envelope.
pub trait Enveloped: Sized {
    fn pack(&self) -> Envelope;

    /// # Errors
    /// [`Unpack`], by which the caller decides between keeping and refusing.
    fn unpack(envelope: &Envelope) -> Result<Self, Unpack>;
}

/// The bytes of a body. Encoding into a growing vector cannot fail for our types:
/// they have no maps of unknown length and no foreign serializers.
pub fn encode<T: Serialize>(body: &T) -> Vec<u8> {
    postcard::to_allocvec(body).expect("plain data encodes into a vector")
}

/// How many bytes [`encode`] makes, without making them.
pub fn encoded_len<T: Serialize>(body: &T) -> usize {
    postcard::serialize_with_flavor(body, postcard::ser_flavors::Size::default())
        .expect("plain data encodes into any number of bytes")
}

/// Reads a body and refuses bytes left over.
///
/// # Errors
/// [`Unpack::Malformed`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unpack> {
    match postcard::take_from_bytes(bytes) {
        Ok((body, [])) => Ok(body),
        _ => Err(Unpack::Malformed),
    }
}

/// Makes an enum of bodies with its kinds and versions:
/// `enveloped! { pub enum Change { 1 v 1 Created(MessageCreated), … } }`.
///
/// A kind that has grown names its older forms after it, as in
/// `4 v 2 User(UserEvent) | v 1 UserEventV1`: they are read and turned into the newest form.
macro_rules! enveloped {
    ($(#[$doc:meta])* pub enum $name:ident {
        $($(#[$vdoc:meta])* $kind:literal v $version:literal $variant:ident($body:ty) $(| v $old_version:literal $old_body:ty)*,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$vdoc])* $variant($body),)+
        }

        impl $crate::wire::envelope::Enveloped for $name {
            fn pack(&self) -> $crate::wire::envelope::Envelope {
                match self {
                    $(Self::$variant(body) => $crate::wire::envelope::Envelope {
                        kind: $kind,
                        version: $version,
                        body: $crate::wire::envelope::encode(body),
                    },)+
                }
            }

            fn unpack(
                envelope: &$crate::wire::envelope::Envelope,
            ) -> Result<Self, $crate::wire::envelope::Unpack> {
                match (envelope.kind, envelope.version) {
                    $(
                        ($kind, $version) => $crate::wire::envelope::decode(&envelope.body).map(Self::$variant),
                        $(($kind, $old_version) => {
                            $crate::wire::envelope::decode::<$old_body>(&envelope.body)
                                .map(|old| Self::$variant(old.into()))
                        })*
                    )+
                    _ => Err($crate::wire::envelope::Unpack::Unknown),
                }
            }
        }

        $(impl From<$body> for $name {
            fn from(body: $body) -> Self {
                Self::$variant(body)
            }
        })+
    };
}
pub(crate) use enveloped;
