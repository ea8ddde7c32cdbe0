// A printer works: its paper stays in the slot, since no printer tells how far the paper is.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property PrintingContent shown: view as PrintingContent
    title: shown.title
    lead: held ? shown.waits.arg(waited) + "\n" + shown.lead : shown.lead
    leave: held  // a print that a trouble holds up can be given up
    readonly property bool held: shown.waits.length > 0
    property int waited: shown.waited
    onShownChanged: waited = shown.waited
    readonly property bool slip: shown.paper === "slip"
    Timer {
        interval: 1000
        repeat: true
        running: page.held && Theme.motion
        onTriggered: page.waited += 1
    }
    PrinterScene {
        slip: page.slip
        works: true
        held: page.held
        scale: Math.min(1, parent.height / height)
        anchors.centerIn: parent
        anchors.verticalCenterOffset: Theme.wide ? 0 : -60
    }
}
