"""Gives the emulator's registry what it leaves out: an image whose parts are not all there is refused.

Without it a push that lost a layer on the way is an image that nobody can pull. ECR says LayersNotFoundException
(https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html), and on the registry's own API
MANIFEST_BLOB_UNKNOWN (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes).
"""

import json

from ministack.services import ecr


def _missing(name, manifest):
    """Digests of what the manifest names and the repository does not have."""
    children = [child.get("digest") for child in manifest.get("manifests") or []]
    blobs = [manifest.get("config") or {}, *(manifest.get("layers") or [])]
    # A layer with addresses of its own is fetched from there and never pushed.
    digests = [blob.get("digest") for blob in blobs if not blob.get("urls")]
    have_manifests = ecr._manifest_blobs.get(name, {})
    have_blobs = ecr._layer_blobs.get(name, {})
    return [digest for digest in children if digest and digest not in have_manifests] + [
        digest for digest in digests if digest and digest not in have_blobs
    ]


def _with_all_parts(put_manifest):
    def put(name, ref, headers, body):
        try:
            manifest = json.loads(body)
        except ValueError:
            return put_manifest(name, ref, headers, body)  # the emulator has words of its own for it
        missing = _missing(name, manifest) if name in ecr._repositories else []
        if missing:
            return ecr._registry_error(
                400, "MANIFEST_BLOB_UNKNOWN", "manifest references a blob unknown to registry", {"digest": missing[0]}
            )
        return put_manifest(name, ref, headers, body)

    return put


def apply():
    """Puts it into the emulator's registry."""
    ecr._v2_put_manifest = _with_all_parts(ecr._v2_put_manifest)
