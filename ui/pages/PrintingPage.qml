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
    Item {
        width: 620
        height: 760
        scale: Math.min(1, parent.height / height)
        anchors.centerIn: parent
        Item {
            clip: true
            x: 0
            y: 156
            width: 620
            height: 604
            Rectangle {
                id: sheet
                width: page.slip ? 260 : 400
                height: page.slip ? 420 : 540
                x: (620 - width) / 2
                y: 96 - height
                color: Theme.card
                border.color: Theme.edge
                border.width: 3
                Column {
                    x: 44
                    y: 60
                    spacing: 34
                    Repeater {
                        model: [0.5, 0.9, 0.8, 0.9, 0.6]
                        Rectangle {
                            required property real modelData
                            width: (sheet.width - 88) * modelData
                            height: 12
                            radius: 6
                            color: Theme.blueTint
                        }
                    }
                }
            }
        }
        Rectangle {
            width: 620
            height: 168
            radius: 36
            color: Theme.card
            border.color: Theme.ink
            border.width: 8
            Rectangle {
                x: 60
                y: 124
                width: 500
                height: 16
                radius: 8
                color: Theme.ink
            }
            Spinner { x: 60; y: 44; color: Theme.jade; size: 56 }
        }
    }
}
