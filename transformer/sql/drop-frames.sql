-- Makes room: what the batch says has been taken over.
DELETE FROM frames;
