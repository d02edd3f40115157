//! Who the service and its callers are: API keys' bearers are in `storage`, people's tokens and the pod's own
//! identity in the cloud are here.

pub mod aws;
pub mod jwks;
mod jwt_crypto;
pub mod token;
