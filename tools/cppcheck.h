/*
 * For cppcheck only (tools/lint): macros of headers that it does not read, and that it could not
 * tell from function calls.
 */
#define yyjson_arr_foreach(arr, idx, max, val) for (idx = 0, max = 1, val = arr; idx < max; idx++)
#define yyjson_obj_foreach(obj, idx, max, key, val)                                                \
	for (idx = 0, max = 1, key = obj, val = obj; idx < max; idx++)
#define yyjson_mut_arr_foreach       yyjson_arr_foreach
#define yyjson_mut_obj_foreach       yyjson_obj_foreach
#define HASH_ITER(hh, head, el, tmp) for (el = head, tmp = head; el; el = tmp)
