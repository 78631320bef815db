"""A certificate authority of the test's own, made with the openssl command."""

import pathlib
import subprocess


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Authority:
    def __init__(self, folder, name="test authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca, self.key = self.folder / "ca.pem", self.folder / "ca-key.pem"
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
            "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.ca,
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )  # fmt: skip
        self.key.chmod(0o600)

    def issue(self, name, usage="serverAuth,clientAuth", names="IP:127.0.0.1,DNS:localhost"):
        """{"ca": path, "cert": path, "key": path} of a certificate for 127.0.0.1."""
        request, cert, key = (self.folder / f"{name}{end}" for end in (".csr", ".pem", "-key.pem"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage={usage}\n")
        openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", key, "-out", request,
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial", "-days", 1,
            "-extfile", extensions, "-out", cert,
        )  # fmt: skip
        key.chmod(0o600)
        return {"ca": str(self.ca), "cert": str(cert), "key": str(key)}
