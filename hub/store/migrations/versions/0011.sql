-- The hub key is changed: the worker wraps data keys anew, and says which hub key the database belongs to.
GRANT UPDATE (hub_key, wrapped) ON data_keys TO satupintu_worker;
GRANT UPDATE (hub_key) ON hub TO satupintu_worker;
