SELECT root, fingerprint FROM about;
