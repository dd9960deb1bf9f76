//! Providers' calls as OpenAPI describes them.

use utoipa::openapi::{
    Content, OpenApi as Document, OpenApiBuilder, PathItem, PathsBuilder, Required,
    path::{HttpMethod, OperationBuilder},
    request_body::RequestBodyBuilder,
    response::{ResponseBuilder, ResponsesBuilder},
};

use super::PROTOCOLS;

/// Every provider's calls.
#[must_use]
pub fn documented() -> Document {
    let mut paths = PathsBuilder::new();
    for protocol in &PROTOCOLS {
        let spec = protocol.spec;
        for call in spec.calls {
            let body = RequestBodyBuilder::new()
                .description(Some(format!("{}: {}", spec.title, call.fields)))
                .content("*/*", Content::default())
                .required(Some(Required::True))
                .build();
            let answer = ResponseBuilder::new()
                .description("The protocol's own answer; its refusals are the protocol's, too")
                .build();
            let operation = OperationBuilder::new()
                .tag(spec.name)
                .summary(Some(call.summary))
                .description(Some(
                    "Signed by the provider as its protocol has it. The brand comes from the account in the signed call, never from the domain.",
                ))
                .request_body(Some(body))
                .responses(ResponsesBuilder::new().response("200", answer).build())
                .build();
            paths = paths.path(call.path, PathItem::new(HttpMethod::Post, operation));
        }
    }
    OpenApiBuilder::new().paths(paths.build()).build()
}
