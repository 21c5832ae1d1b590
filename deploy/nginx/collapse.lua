-- Those who ask for the same wait for one of them to fetch it into the cache, also when the origin holds it.
--
-- nginx's own proxy_cache_lock does this too, but looks only every 500 ms whether the answer is there: longer
-- than two parts last. Tables here belong to one worker process, so each worker asks the origin once.

local semaphore = require "ngx.semaphore"

local LONGEST_WAIT = 15 -- seconds; the origin gives up after 12
local LONGEST_KNOWN = 20 -- seconds; playlists stay in the cache for 24

local flights = {}

local function seconds_kept(answer)
    local control = answer.header["Cache-Control"] or ""
    return tonumber(control:match("max%-age=(%d+)") or 0)
end

local function fetch(key, known)
    local flight = { waiting = 0, landed = semaphore.new() }
    flights[key] = flight
    local ran, answer = pcall(ngx.location.capture, "/konsilium-fill", { method = ngx.HTTP_GET, copy_all_vars = true })
    flights[key] = nil
    flight.status = ran and answer.status or 502
    if flight.status == 200 then
        local kept = math.min(LONGEST_KNOWN, seconds_kept(answer) * 0.8)
        if kept > 0 then
            known:set(key, true, kept)
        end
    end
    if flight.waiting > 0 then
        flight.landed:post(flight.waiting)
    end
end

local collapse = {}

-- Returns when the cache has the answer, or when this request has to ask by itself.
function collapse.wait()
    local known = ngx.shared.konsilium_known
    local key = ngx.var.konsilium_key
    local ends = ngx.now() + LONGEST_WAIT
    while not known:get(key) do
        local flight = flights[key]
        if not flight then
            return fetch(key, known)
        end
        flight.waiting = flight.waiting + 1
        if not flight.landed:wait(math.max(0.001, ends - ngx.now())) then
            flight.waiting = flight.waiting - 1
            return
        end
        if flight.status == 200 then
            return
        end
        -- A grant that is not good is one viewer's matter: the next one tries. All else holds for everybody.
        if flight.status ~= 401 and flight.status ~= 403 then
            return ngx.exit(flight.status)
        end
    end
end

return collapse
